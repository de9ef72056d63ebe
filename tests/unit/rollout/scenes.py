"""Rollouts to test with: a registry with versions, a clock that is moved, evidence as wanted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from perennial.registry.records import Rollout, RolloutStep
from perennial.rollout.beginning import Introduced, introduce
from perennial.rollout.evidence import Evidence
from perennial.rollout.moments import later
from perennial.rollout.samples import Counts, Difference, Sample, apart
from perennial.rollout.step import Stepped, take_step
from perennial.spec.approval import Approval
from perennial.spec.rollout import Rollout as Rules

from tests.fakes.records import AT
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.workflow import RecordingWorkflow
from tests.unit.registry.test_routing import registry_with

STEP = RolloutStep("canary", 0.25, 3600, 200)
RULES: dict[str, Any] = {
    "stages": [
        {"strategy": "shadow", "bake": "1h", "minimum_requests": 50},
        {"strategy": "canary", "steps": [0.1, 0.5], "bake": "1h", "minimum_requests": 50},
    ],
    "check_every": "1m",
}


def rules(**given: Any) -> Rules:
    return Rules.model_validate({**RULES, **given})


def difference(estimate: float, *, units: int = 5000, spread: float = 0.5) -> Difference:
    """Two samples of as many units, whose means lie so far apart."""
    deviations = spread**2 * units
    return apart(Sample(units, estimate, deviations), Sample(units, 0.0, deviations), prior=0.1)


def evidence(**given: Any) -> Evidence:
    """Of a challenger as good as the champion, with traffic enough."""
    usual: dict[str, Any] = {
        "challenger": Counts(5000, 1),
        "champion": Counts(5000, 1),
        "latency": difference(0.0),
        "shift": {"labelled 'yes'": difference(0.0)},
    }
    return Evidence(**{**usual, **given})


GOOD = evidence()
FAILING = evidence(challenger=Counts(5000, 2500))
NOTHING = Evidence()
SLOW = evidence(latency=difference(math.log(4)))


@dataclass
class Scene:
    """A model whose version 1 serves, and the rollout of its version 2."""

    rules: Rules = field(default_factory=rules)
    approval: Approval = field(default_factory=Approval)
    registry: InMemoryRegistry = field(default_factory=lambda: registry_with(3))
    workflow: RecordingWorkflow = field(default_factory=RecordingWorkflow)
    seen: Evidence = GOOD
    at: str = AT
    asked: list[tuple[int, str]] = field(default_factory=list)

    def clock(self) -> str:
        return self.at

    def passes(self, seconds: float) -> None:
        self.at = later(self.at, seconds)

    def introduce(self, version: int = 2) -> Introduced:
        return introduce(
            "bank",
            version,
            self.rules,
            by="workflow",
            reason="passed its gates",
            registry=self.registry,
            workflow=self.workflow,
            clock=self.clock,
        )

    def begun(self) -> Rollout:
        """Version 1 in service, version 2 at its first step."""
        self.introduce(1)
        rollout = self.introduce(2).rollout
        assert rollout is not None
        return rollout

    def witness(self, rollout: Rollout, until: str) -> Evidence:
        self.asked.append((rollout.step, until))
        return self.seen

    def step(self, seen: Evidence | None = None, version: int = 2) -> Stepped:
        self.seen = self.seen if seen is None else seen
        return take_step(
            "bank",
            f"bank-v{version}",
            self.rules,
            self.approval,
            witness=self.witness,
            registry=self.registry,
            clock=self.clock,
        )

    def told(self) -> Sequence[str]:
        return [event.what for event in reversed(self.registry.events("bank"))]
