"""What is known of two versions that are compared, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from perennial.registry.records import Rollout
from perennial.rollout.samples import Counts, Difference


@dataclass(frozen=True, slots=True)
class Evidence:
    """What both versions did since a step began.

    What is None could not be found out, or does not apply; `notes` say why.

    Attributes:
        challenger: requests of the new version.
        champion: requests of the version in service.
        latency: difference of the logarithms of milliseconds, see `rollout.answers`.
        shift: by a description of each group of predictions, the difference of its share.
        loss: the challenger's loss above the most it may lose.
        champion_loss: mean loss of the champion, by which the former is told as a share.
        rarer_outcomes: see `rollout.comparison.rarer_outcomes`; None where it does not matter.
        notes: what is missing or was left out, as sentences.
    """

    challenger: Counts = field(default_factory=lambda: Counts(0, 0))
    champion: Counts = field(default_factory=lambda: Counts(0, 0))
    latency: Difference | None = None
    shift: Mapping[str, Difference] = field(default_factory=dict)
    loss: Difference | None = None
    champion_loss: float = 0.0
    rarer_outcomes: int | None = None
    notes: tuple[str, ...] = ()


class Witness(Protocol):
    """Whoever can tell what happened since a step of a rollout began."""

    def __call__(self, rollout: Rollout, until: str) -> Evidence:
        """The evidence of the present step, up to a moment (ISO 8601).

        Raises:
            Unavailable: a service does not answer.
        """
        ...


class Metrics(Protocol):
    """Metrics of the endpoint. `perennial.adapters.cloudwatch` reads them on AWS."""

    def sums(
        self,
        names: tuple[str, ...],
        dimensions: Mapping[str, str],
        start: datetime,
        end: datetime,
    ) -> Mapping[str, float]:
        """The sum of each metric in the minutes between two moments; 0 where there is none.

        Raises:
            Unavailable: the service does not answer.
        """
        ...
