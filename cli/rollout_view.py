"""A rollout as a person reads it: where it stands, what was seen, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perennial.serving import rollouts

from cli import terminal

if TYPE_CHECKING:
    from perennial.registry.store import Registry
    from rich.console import RenderableType

UNDER_WAY = ("RUNNING", "PAUSED", "WAITING")
ANSWERS_NONE = "is asked everything and answers nobody"


def document(store: Registry, model: str) -> dict[str, Any]:
    """What the API answers to GET /v1/models/{model}/rollout."""
    return rollouts.document(model, store.route(model), store.rollouts(model, rollouts.LISTED))


def parts(shown: dict[str, Any]) -> list[RenderableType]:
    """The rollout under way, else the latest one, and those before it."""
    present, earlier = shown["rollout"], list(shown["earlier"])
    if present is None and not earlier:
        return [f"{shown['model']} has had no rollout: its versions came into service at once."]
    told: list[RenderableType] = []
    if present is None:
        told.append(f"No rollout of {shown['model']} is under way. The latest:")
        present = earlier.pop(0)
    told += [*_standing(shown["model"], present), *_seen(present)]
    if earlier:
        told += ["", terminal.table(["Version>", "Status", "Ended", "Why"], map(_line, earlier))]
    return told


def _standing(model: str, rollout: dict[str, Any]) -> list[RenderableType]:
    place = f"step {rollout['step']} of {len(rollout['steps'])}, {rollout['strategy']}"
    share = f"answers {rollout['share']:.0%} of the requests" if rollout["share"] else ANSWERS_NONE
    status = rollout["status"]
    head = (
        f"Version {rollout['version']} of {model} against version {rollout['champion']}: {status}"
    )
    if status not in UNDER_WAY:
        return [
            f"{head} at {place}, {_moment(rollout['updated_at'])}.",
            f"Why: {rollout['reason']}.",
        ]
    since = _moment(rollout["step_began_at"])
    lines = [f"{head}, {place}, {share}, since {since}."]
    if rollout["reason"]:
        lines.append(f"Last said: {rollout['reason']}.")
    return list(lines)


def _seen(rollout: dict[str, Any]) -> list[RenderableType]:
    findings = rollout["findings"]
    if not findings:
        if rollout["status"] in UNDER_WAY:
            return ["The judge has not looked at this step yet."]
        return ["The judge never looked at this step."]
    rows = [
        [one["name"], one["verdict"], str(one["challenger"]), str(one["champion"]), _told(one)]
        for one in findings["guardrails"]
    ]
    table = terminal.table(["Guardrail", "Verdict", "Challenger>", "Champion>", "Seen"], rows)
    told: list[RenderableType] = ["", table]
    told += [f"Note: {note}." for note in findings["notes"]]
    if rollout["status"] == "RUNNING" and findings.get("next_look_at"):
        told.append(f"Next look: {_moment(findings['next_look_at'])}.")
    return told


def _told(guardrail: dict[str, Any]) -> str:
    return str(guardrail["sentence"]).removeprefix(f"{guardrail['name']}: ")


def _line(rollout: dict[str, Any]) -> list[str]:
    when = _moment(rollout["updated_at"])
    return [str(rollout["version"]), rollout["status"], when, rollout["reason"]]


def _moment(at: str) -> str:
    from cli import records

    return records.moment(at)
