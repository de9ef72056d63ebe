"""What people are told when a rollout has ended or waits for them."""

from __future__ import annotations

from perennial.registry.records import Rollout, RolloutStatus

_PAGE = "docs/rollout.md"
_SAID = {
    RolloutStatus.PROMOTED: "serves now",
    RolloutStatus.REJECTED: "was rejected",
    RolloutStatus.ENDED: "is rolled out no longer",
    RolloutStatus.SUPERSEDED: "made way for another version",
    RolloutStatus.PAUSED: "waits for a person",
    RolloutStatus.WAITING: "waits for an approval",
}


def notice_of(rollout: Rollout) -> dict[str, str]:
    """Subject and text: what happened, what was done about it, and what a person may do."""
    model, version = rollout.model, rollout.version
    subject = f"Perennial: version {version} of {model} {_SAID[rollout.status]}"
    lines = [f"{_happened(rollout)}.", f"Why: {rollout.reason}.", _possible(rollout)]
    text = "\n\n".join([*lines, f"More about this: {_PAGE}"]) + "\n"
    return {"subject": subject[:100], "text": text}


def _happened(rollout: Rollout) -> str:
    version, champion = f"version {rollout.version}", f"version {rollout.champion}"
    steps = f"at step {rollout.step + 1} of {len(rollout.steps)} of its rollout"
    match rollout.status:
        case RolloutStatus.PROMOTED:
            return f"Version {rollout.version} of {rollout.model} answers all requests now"
        case RolloutStatus.PAUSED | RolloutStatus.WAITING:
            step = rollout.steps[rollout.step]
            split = f"it answers {step.share:.0%} of the requests" if step.share else "in shadow"
            return f"The rollout of {version} of {rollout.model} has stopped {steps}: {split}"
        case RolloutStatus.REJECTED:
            done = f"{champion} answers all requests, and it is not put in service by itself"
            return f"{version.capitalize()} of {rollout.model} was rejected {steps}: {done}"
        case _:
            return f"The rollout of {version} of {rollout.model} ended {steps}"


def _possible(rollout: Rollout) -> str:
    model, number = rollout.model, rollout.version
    match rollout.status:
        case RolloutStatus.PROMOTED:
            return f"To take it back: perennial rollback {model} --reason 'WHY'"
        case RolloutStatus.PAUSED:
            return _ways(
                ("To judge this step again", f"perennial rollout {model} --resume --reason 'WHY'"),
                ("To go on all the same", f"perennial rollout {model} --advance --reason 'WHY'"),
                ("To give it up", f"perennial rollout {model} --end --reason 'WHY'"),
            )
        case RolloutStatus.WAITING:
            return _ways(
                ("To go on", f"perennial approve {model} {number} --reason 'WHY'"),
                ("To reject it", f"perennial reject {model} {number} --reason 'WHY'"),
                ("To give it up", f"perennial rollout {model} --end --reason 'WHY'"),
            )
        case RolloutStatus.REJECTED | RolloutStatus.ENDED:
            route = f"perennial route {model} {number} --reason 'WHY'"
            return f"To put it in service all the same: {route}"
        case _:
            return f"What serves now: perennial rollout {model}"


def _ways(*ways: tuple[str, str]) -> str:
    """What a person may do, each with a command that can be pasted."""
    return "\n".join(f"{what}: {command}" for what, command in ways)
