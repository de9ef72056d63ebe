"""How each rollout went: which stage ended when, and whether by evidence or since time was up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from perennial.registry.records import Event as Recorded
from perennial.rollout.admission import JUDGE
from perennial.rollout.wording import without_decision

_UNDECIDED: Final = without_decision("")
_BEGAN, _STEP, _ENDED = "rollout_began", "rollout_step", "rollout_ended"


@dataclass(frozen=True)
class Stage:
    """One stage of a version's way into service.

    Attributes:
        version: which.
        stage: `shadow`, or the share of the callers it answered.
        verdict: `pass` or `reject`, as the judge saw it; `time` where nothing was certain by the
            end of its time; `taken` where somebody else ended it.
        seconds: how long it took.
        rows: that were asked meanwhile.
        why: what the judge said.
    """

    version: int
    stage: str
    verdict: str
    seconds: float
    rows: int
    why: str


def stages(recorded: Sequence[Recorded], row_at: Callable[[float], int]) -> Iterator[Stage]:
    """The stages of all rollouts that ended, in the order of their ends.

    Args:
        recorded: the model's history, oldest first.
        row_at: the row that was next at a moment, seconds since 1970.
    """
    open_stages: dict[str, tuple[float, str]] = {}
    for event in recorded:
        if event.what not in (_BEGAN, _STEP, _ENDED):
            continue
        told, at = event.details, datetime.fromisoformat(event.at).timestamp()
        version = told["rollout_version"]
        if version in open_stages:
            since, name = open_stages.pop(version)
            rows = row_at(at) - row_at(since)
            seconds = round(at - since, 1)
            yield Stage(int(version), name, _verdict(event), seconds, rows, event.reason)
        if event.what != _ENDED:
            open_stages[version] = at, _name(float(told.get("share", 0)))


def _verdict(event: Recorded) -> str:
    if event.by != JUDGE:
        return "taken"
    if event.reason.startswith(_UNDECIDED):
        return "time"
    return "reject" if event.details.get("rollout_status") == "REJECTED" else "pass"


def _name(share: float) -> str:
    return f"{share:.0%}" if share else "shadow"


@dataclass(frozen=True)
class Term:
    """A version's time in service.

    Attributes:
        version: which.
        row: that was next when it began.
        taken_back: whether a rollback ended it.
    """

    version: int
    row: int
    taken_back: bool = False


def terms(recorded: Sequence[Recorded], row_at: Callable[[float], int]) -> list[Term]:
    """Which versions were in service, one after the other; `recorded` and `row_at` as above."""
    found: list[Term] = []
    for event in recorded:
        champion = int(event.details.get("champion", 0))
        if not champion or (found and found[-1].version == champion):
            continue
        if event.what == "rolled_back" and found:
            found[-1] = replace(found[-1], taken_back=True)
        found.append(Term(champion, row_at(datetime.fromisoformat(event.at).timestamp())))
    return found
