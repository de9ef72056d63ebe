"""What is known of a model that is watched: alarms, the newest report, what was done by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from perennial.registry.clock import iso, now
from perennial.registry.records import Automation, Event, Route

from cli import records, terminal
from cli.outputs import Deployment

if TYPE_CHECKING:
    from perennial.automation.situation import LatestReport
    from rich.console import RenderableType

_LINES = 200  # of the history that are looked through
_SHOWN = 8
_EVER = "2000-01-01T00:00:00.000Z"
_WORDS = {"OK": "ok", "ALARM": "ALARM", "INSUFFICIENT_DATA": "no data"}


@dataclass(frozen=True, slots=True)
class Watched:
    """One model as it is watched now.

    Attributes:
        model: its name.
        route: what serves; None before the first training.
        alarms: state and time of its last change, by what ends the alarm's name.
        report: the newest report, if there is one.
        automation: what was done without a person.
        actions: the last lines of history about that, the newest first.
    """

    model: str
    route: Route | None
    alarms: Mapping[str, tuple[str, str]]
    report: LatestReport | None
    automation: Automation
    actions: tuple[Event, ...]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "model": self.model,
            "route": asdict(self.route) if self.route else None,
            "alarms": {
                kind: {"state": state, "since": since}
                for kind, (state, since) in self.alarms.items()
            },
            "report": asdict(self.report) if self.report else None,
            "automation": asdict(self.automation),
            "actions": [asdict(each) for each in self.actions],
        }


def look(deployment: Deployment, model: str) -> Watched:
    """Read everything."""
    from perennial.adapters.alarms import CloudWatchAlarms
    from perennial.adapters.s3_files import S3Files
    from perennial.automation.kinds import names
    from perennial.automation.newest import NewestReports
    from perennial.automation.records import HISTORY

    target, store = deployment.target, records.registry(deployment)
    ends = names(target.prefix.lower(), model)
    states = CloudWatchAlarms(target.client("cloudwatch")).states(ends)
    files, bucket = S3Files(target.client("s3")), deployment.storage["DataBucketName"]
    return Watched(
        model=model,
        route=store.route(model),
        alarms={ends[name]: state for name, state in states.items()},
        report=NewestReports(files, bucket).latest(model, _EVER),
        automation=store.automation(model),
        actions=tuple(e for e in store.events(model, _LINES) if e.what in HISTORY)[:_SHOWN],
    )


def present(found: Watched) -> None:
    """Tell it in a terminal."""
    terminal.show(*_sentences(found))
    if found.alarms:
        terminal.show(_alarms(found.alarms))
    if found.actions:
        terminal.show(
            terminal.table(
                ["When", "What", "Why"],
                [
                    [records.moment(each.at), each.what.replace("_", " "), each.reason]
                    for each in found.actions
                ],
            )
        )


def _alarms(alarms: Mapping[str, tuple[str, str]]) -> RenderableType:
    order = sorted(alarms.items(), key=lambda one: (one[1][0] != "ALARM", one[0]))
    return terminal.table(
        ["Alarm", "State", "Since"],
        [[kind, _WORDS.get(state, state), records.moment(since)] for kind, (state, since) in order],
    )


def _sentences(found: Watched) -> list[str]:
    """What serves, what the report says, and whether anything is done by itself."""
    model, record = found.model, found.automation
    lines = [
        f"{model} is served by version {found.route.champion.number}."
        if found.route
        else f"{model} has no version in service."
    ]
    if found.report is None:
        lines.append(f"No report was made yet; `perennial monitor {model}` makes one.")
    elif found.report.alarms:
        lines += [f"The newest report: {said}" for said in found.report.alarms.values()]
    else:
        lines.append("The newest report raises no alarm.")
    lines.append(_automation(model, record))
    return lines


def _automation(model: str, record: Automation) -> str:
    if record.halted:
        return (
            f"Nothing is done by itself since {records.moment(record.halted_at)}: {record.halted}. "
            f"`perennial resume {model} --reason ...` lets it go on."
        )
    if record.held:
        return f"Waiting: {record.held}."
    if record.retraining_run:
        return f"A retraining is under way ({record.retraining_run[:40]})."
    week = [each for each in record.retrainings if each > _week_ago()]
    return f"Alarms are acted on; {len(week)} retrainings in the last seven days."


def _week_ago() -> str:
    return iso(datetime.fromisoformat(now()) - timedelta(days=7))
