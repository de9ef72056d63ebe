"""What came of a story, as `story.json` has it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from perennial.registry.records import Event as Recorded
from perennial.spec import ModelSpec

from examples.story import events, losses, releases
from examples.story.deployment import Deployment
from examples.story.events import Event
from examples.story.losses import Point
from examples.story.replay import Replay
from examples.story.scenario import Scenario
from examples.story.watching import Look


@dataclass
class Played:
    """A story that is over.

    Attributes:
        scenario: what was played.
        deployment: where; it still runs.
        replay: what was asked and answered.
        looks: the reports.
        people: what people did.
        first: the first row that was sent.
        began: seconds since 1970.
    """

    scenario: Scenario
    deployment: Deployment
    replay: Replay
    looks: Sequence[Look]
    people: Sequence[Event]
    first: int
    began: float

    def document(self) -> dict[str, Any]:
        """Both lines, everything that happened, and the counts."""
        spec, endpoint = self._spec, self.replay.endpoint
        alone, watched = self._alone, np.array([one.said for one in self.replay.answers])
        return {
            "model": self.scenario.model,
            "metric": str(spec.monitoring.performance.metric),
            "rows": self._shown(len(self.replay.history.rows)),
            "first_rows": self._shown(self.first),
            "began_at": events.text_of(self.began),
            "requests": endpoint.requests,
            "failed_requests": len(endpoint.failed),
            "failures": endpoint.failed[:20],
            "outcomes": len(self.replay.answers),
            "reports": len(self.looks),
            "versions": self._versions(),
            "alone": [asdict(point) for point in self._points(alone)],
            "watched": [asdict(point) for point in self._points(watched)],
            "mean": {"alone": self._mean(alone), "watched": self._mean(watched)},
            "stages": [asdict(one) for one in releases.stages(self._recorded, self._row_at)],
            "in_service": [asdict(one) for one in releases.terms(self._recorded, self._row_at)],
            "events": [one.document() for one in sorted(self._happened(), key=lambda one: one.at)],
        }

    @cached_property
    def _spec(self) -> ModelSpec:
        return self.scenario.spec

    @cached_property
    def _recorded(self) -> list[Recorded]:
        return list(self.deployment.registry.history(self.scenario.model))

    @cached_property
    def _truths(self) -> list[str | float]:
        return [self.replay.history.truths[one.row] for one in self.replay.answers]

    @cached_property
    def _alone(self) -> losses.Floats:
        history, first = self.replay.history, self.first
        alone = losses.left_alone(self.deployment, self._spec, history, first)
        return alone[[one.row - first for one in self.replay.answers]]

    def _points(self, said: losses.Floats) -> list[Point]:
        shown = [self._shown(one.row) for one in self.replay.answers]
        return losses.by_chunk(self._spec, shown, said, self._truths, self.scenario.chunk)

    def _mean(self, said: losses.Floats) -> float:
        return losses.mean(losses.losses(self._spec, said, self._truths))

    def _happened(self) -> Iterator[Event]:
        yield from events.of_history(self._recorded, self._row_at)
        yield from events.of_looks(self.looks)
        yield from self.people

    def _row_at(self, moment: float) -> int:
        return self._shown(self.replay.row_at(moment))

    def _shown(self, row: int) -> int:
        """A row in the file's own count."""
        return row * self.scenario.every

    def _versions(self) -> dict[str, int]:
        """How many rows each version answered."""
        counted: dict[str, int] = {}
        for one in self.replay.answers:
            counted[str(one.version)] = counted.get(str(one.version), 0) + 1
        return counted


def written(document: Mapping[str, Any]) -> str:
    """The document as text."""
    return json.dumps(document, indent=1) + "\n"
