"""What belongs together: what was found, what followed, and how it ended, in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Happened = Mapping[str, Any]
Stages = Sequence[Mapping[str, Any]]

# What ends an episode, and how the picture shows it.
_ENDS: Final = {
    "rollout_ended": "served",
    "rolled_back": "harm",
    "retraining_failed": "found",
    "automation_halted": "harm",
}
_BEGINS: Final = ("finding", "operator", "retraining_ordered", "rollout_began")
_REJECTED: Final = "is rejected"
_GAVE_WAY: Final = "gives way"  # to another version: not an end


@dataclass
class Episode:
    """A chain of events.

    Attributes:
        row: that was next when it began.
        last: that was next when it ended.
        kind: `served`, `harm` or `found`: what came of it.
        phrases: what happened, in order; what was found at one time is one of them.
    """

    row: int
    last: int
    kind: str = "found"
    phrases: list[str] = field(default_factory=list)
    _finding: bool = False

    def found(self, what: str) -> None:
        """Add to what was just found, or begin to."""
        if self._finding and what not in self.phrases[-1].split(", "):
            self.phrases[-1] += f", {what}"
        elif not self._finding:
            self.phrases.append(what)
        self._finding = True

    def followed(self, phrases: Iterable[str]) -> None:
        """Add what came of it."""
        self.phrases += phrases
        self._finding = False

    @property
    def sentence(self) -> str:
        """All of it, for a legend."""
        return f"row {self.row:,}: {' → '.join(self.phrases)}"


def episodes(happened: Sequence[Happened], stages: Stages) -> list[Episode]:
    """The chains of a story, by the events and stages of its document."""
    found: list[Episode] = []
    closed = True
    for event in happened:
        kind = event["kind"]
        begins, ends = kind in _BEGINS, kind in _ENDS and _GAVE_WAY not in event["what"]
        if not begins and not (ends and not closed):
            continue
        if closed:
            found.append(Episode(event["row"], event["row"]))
        episode = found[-1]
        episode.last, closed = max(episode.last, event["row"]), ends
        if kind == "finding":
            episode.found(_finding(event))
        else:
            episode.followed(_phrases(event, stages))
        if ends:
            episode.kind = "found" if _REJECTED in event["what"] else _ENDS[kind]
        elif kind == "operator":
            episode.kind = "harm"
    return found


def _finding(event: Happened) -> str:
    what = str(event["what"]).removesuffix(" is found")
    return what.replace("performance than of the version before", "than the version before")


def _phrases(event: Happened, stages: Stages) -> Iterator[str]:
    what = str(event["what"])
    match event["kind"]:
        case "retraining_ordered":
            yield "retrained"
        case "rollout_began":
            return
        case "rollout_ended":
            version = what.split()[1]
            yield from _of_stages([one for one in stages if str(one["version"]) == version])
            yield what
        case _:
            yield what


def _of_stages(stages: Stages) -> Iterator[str]:
    """As `shadow passed`."""
    said = {"pass": "passed", "reject": "failed", "time": "undecided", "taken": "left"}
    for stage in stages:
        yield f"{stage['stage']} {said[stage['verdict']]}"
