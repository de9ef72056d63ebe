"""What happened: from the model's history, from the reports, and by people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from perennial.registry.records import Event as Recorded

from examples.story.watching import Look

# What of a model's history belongs into a story.
TOLD: Final = {
    "version_registered": "registered",
    "route_changed": "in service",
    "rollout_began": "rollout begins",
    "rollout_step": "rollout goes on",
    "rollout_ended": "rollout ends",
    "promoted": "promoted",
    "rolled_back": "rolled back",
    "version_rejected": "rejected",
    "route_proven": "golden rows answered",
    "route_unproven": "golden rows not answered",
    "retraining_ordered": "retraining ordered",
    "retraining_ended": "retraining over",
    "retraining_failed": "retraining failed",
    "rollback_ordered": "rollback ordered",
    "rollout_end_ordered": "end of the rollout ordered",
    "automation_halted": "nothing is done any more",
}


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Attributes:
        at: when, seconds since 1970.
        row: that was next then, in the file's own count.
        kind: a word of `TOLD`, or `finding` of a report, or `operator`.
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
        words = TOLD.get(one.what, one.what.replace("_", " "))
        yield Event(at, row_at(at), one.what, f"{one.subject}: {words}", one.reason, one.by)


def of_looks(looks: Sequence[Look]) -> Iterator[Event]:
    """Whenever a report finds what the one before did not, and whenever that has gone."""
    before: set[str] = set()
    for look in looks:
        found = set(look.alarms)
        for name in sorted(found - before):
            yield Event(look.at, look.row, "finding", f"{name.replace('_', ' ')} found", look.uri)
        before = found


def text_of(moment: float) -> str:
    """A moment as documents have it."""
    moment_in_utc = datetime.fromtimestamp(moment, UTC)
    return moment_in_utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
