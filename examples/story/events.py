"""What happened: from the model's history, from the reports, and by people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from perennial.registry.records import Event as Recorded

from examples.story.watching import Look

# What reports find, in words.
FOUND: Final = {
    "drift": "drift",
    "prediction_drift": "drift of the predictions",
    "concept_drift": "concept drift",
    "performance": "performance below its floor",
    "collapse": "collapsed performance",
    "previous": "worse performance than of the version before",
}
_ENDED: Final = {
    "PROMOTED": "is promoted",
    "REJECTED": "is rejected",
    "ENDED": "is stopped by a person",
    "SUPERSEDED": "gives way to another version",
}


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Attributes:
        at: when, seconds since 1970.
        row: that was next then, in the file's own count.
        kind: as in the model's history, or `finding` of a report, or `operator`.
        what: in a few words.
        why: the reason that was given.
        by: who did it.
    """

    at: float
    row: int
    kind: str
    what: str
    why: str = ""
    by: str = ""

    def document(self) -> dict[str, object]:
        """As `story.json` has it."""
        return {
            "at": text_of(self.at),
            "row": self.row,
            "kind": self.kind,
            "what": self.what,
            "why": self.why,
            "by": self.by,
        }


def of_history(recorded: Sequence[Recorded], row_at: Callable[[float], int]) -> Iterator[Event]:
    """The events of a model's history."""
    for one in recorded:
        at = datetime.fromisoformat(one.at).timestamp()
        yield Event(at, row_at(at), one.what, _words(one), one.reason, one.by)


def _words(recorded: Recorded) -> str:
    """An event of the history as one would tell it."""
    told = recorded.details
    version = f"version {told.get('rollout_version', '')}"
    match recorded.what:
        case "rollout_began":
            return f"{version} begins its rollout, as a shadow"
        case "rollout_step":
            return f"{version} answers {float(told.get('share', 0)):.0%} of the callers"
        case "rollout_ended":
            return f"{version} {_ENDED.get(told.get('rollout_status', ''), 'is done')}"
        case "route_changed":
            return f"version {told.get('champion', '')} is put in service"
        case "rolled_back":
            rejected, champion = told.get("rejected", ""), told.get("champion", "")
            return f"version {rejected} is taken back, version {champion} serves"
        case "retraining_ordered" | "rollback_ordered" | "retraining_ended" | "retraining_failed":
            return recorded.what.replace("_", " ").replace("ordered", "is ordered")
        case _:
            return f"{recorded.subject}: {recorded.what.replace('_', ' ')}"


def of_looks(looks: Sequence[Look]) -> Iterator[Event]:
    """Whenever a report finds what the one before did not, and whenever that has gone."""
    before: set[str] = set()
    for look in looks:
        found = set(look.alarms)
        for name in sorted(found - before):
            what = f"{FOUND.get(name, name.replace('_', ' '))} is found"
            yield Event(look.at, look.row, "finding", what, look.uri)
        before = found


def text_of(moment: float) -> str:
    """A moment as documents have it."""
    moment_in_utc = datetime.fromtimestamp(moment, UTC)
    return moment_in_utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
