"""How much of a search's budget is left, in trials, time and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from perennial.cost import prices
from perennial.cost.run import GIB_SECONDS, JOB_SECONDS, VCPU_SECONDS
from perennial.spec.tuning import MOST_MINUTES, Tuning

EndedBy = Literal["trials", "minutes", "dollars", "exhausted"]
_HEADROOM = 0.85  # of a job's memory; the rest is for the process that watches the trial


@dataclass(frozen=True, slots=True)
class JobSize:
    """What one job of the search is given."""

    vcpus: float
    gib: float

    @property
    def dollars_per_second(self) -> float:
        """What it costs while it runs, its public address included."""
        return (
            self.vcpus * prices.TRAINING_VCPU_SECOND
            + self.gib * prices.TRAINING_GIB_SECOND
            + prices.PUBLIC_ADDRESS_SECOND
        )

    @property
    def trial_mib(self) -> int:
        """Memory that one trial may take."""
        return int(self.gib * 1024 * _HEADROOM)


def spent(usage: Mapping[str, float]) -> float:
    """What the jobs so far cost, in dollars; `usage` as a run keeps it (`perennial.cost.run`)."""
    return (
        usage.get(VCPU_SECONDS, 0.0) * prices.TRAINING_VCPU_SECOND
        + usage.get(GIB_SECONDS, 0.0) * prices.TRAINING_GIB_SECOND
        + usage.get(JOB_SECONDS, 0.0) * prices.PUBLIC_ADDRESS_SECOND
    )


def deadline(tuning: Tuning, began: float) -> float:
    """When a search that began so many seconds after 1970 is over at the latest."""
    return began + 60 * (tuning.minutes or MOST_MINUTES)


def ended_by(
    tuning: Tuning, *, trials: int, began: float, now: float, dollars: float
) -> EndedBy | None:
    """What of the budget is used up; None while there is some of everything."""
    if trials >= tuning.trials:
        return "trials"
    if now >= deadline(tuning, began):
        return "minutes"
    if tuning.dollars is not None and dollars >= tuning.dollars:
        return "dollars"
    return None


def job_seconds(tuning: Tuning, size: JobSize, *, jobs: int, dollars: float) -> float | None:
    """How long each of a round's jobs may run for all of them to cost no more than is left."""
    if tuning.dollars is None:
        return None
    return max(tuning.dollars - dollars, 0.0) / (jobs * size.dollars_per_second)
