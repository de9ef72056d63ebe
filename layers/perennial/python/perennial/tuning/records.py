"""What a search writes beside its run: rounds of proposals, trials, and what was found."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from perennial.spec import Algorithm, Metric
from perennial.spec.tuning import SearchMethod, Value

Parameters = dict[str, Value]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Bounds(_Record):
    """When a trial is worse than half of those that earlier rounds finished.

    By number of folds judged, the median of their mean value; by boosting round, the median of the
    least loss on the validation part up to there.
    """

    folds: dict[int, float] = {}
    rounds: dict[int, float] = {}


class Proposal(_Record):
    """A trial that was proposed: what is to be fitted, and from where on it is given up."""

    number: int  # 0 is the spec's own `algorithm`
    algorithm: Algorithm
    parameters: Parameters  # as given; the library's own defaults stand for the others
    bounds: Bounds = Bounds()


class Round(_Record):
    """Trials that were proposed together, and the limits they run within."""

    format: Literal[1] = 1
    number: int  # from 1
    metric: Metric
    began: float  # seconds since 1970, of the whole search
    deadline: float  # seconds since 1970; no trial begins or goes on after
    job_seconds: float | None  # after which a job of this round stops, for what it costs
    trial_seconds: float
    memory_mib: int  # of one trial
    proposals: tuple[Proposal, ...]


class State(StrEnum):
    """How a trial ended."""

    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"  # given up because it was bad
    FAILED = "FAILED"  # crashed, hung, ran out of memory or was refused
    LOST = "LOST"  # its job ended first


class CurvePoint(_Record):
    """Loss of a boosted model after some rounds."""

    round: int
    train: float | None
    validation: float


class Trial(_Record):
    """What came of one proposal."""

    number: int
    round: int
    algorithm: Algorithm
    parameters: Parameters
    state: State
    value: float | None = None  # of the search's metric; of a pruned one, over its folds so far
    folds: tuple[float, ...] = ()  # the same by fold, where there are folds
    curve: tuple[CurvePoint, ...] = ()  # without folds
    seconds: float = 0.0
    reason: str = ""

    @property
    def complete(self) -> bool:
        """Whether it was judged on everything."""
        return self.state is State.COMPLETE


class Default(_Record):
    """What the spec's own `algorithm` came to, as trial 0."""

    number: int = 0
    state: State
    value: float | None


class Margin(_Record):
    """The best trial's value minus the default's, on the rows the search has judged on.

    What it comes to on rows that nothing was chosen by stands in `evaluation.json`.
    """

    value: float
    low: float | None = None  # 95 %, over the folds, where there are folds
    high: float | None = None


class Spent(_Record):
    """What the search took."""

    minutes: float
    dollars: float
    prices_of: str


class Search(_Record):
    """`search.json`: everything a search found."""

    format: Literal[1] = 1
    method: SearchMethod
    metric: Metric
    seed: int
    points: int | None  # of the space; None where they are without number
    trials: tuple[Trial, ...]
    best: int  # number of the trial
    default: Default
    margin: Margin | None
    ended_by: Literal["trials", "minutes", "dollars", "exhausted"]
    spent: Spent

    @model_validator(mode="after")
    def _has_a_winner(self) -> Self:
        complete = [one.number for one in self.trials if one.complete]
        if complete.count(self.best) != 1:
            raise ValueError(f"trial {self.best} is not there, or was not completed")
        return self

    @property
    def winner(self) -> Trial:
        """The best trial."""
        return next(trial for trial in self.trials if trial.number == self.best)
