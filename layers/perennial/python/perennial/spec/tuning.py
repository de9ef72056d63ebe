"""The section of a spec that says how hyperparameters are searched for."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from math import floor, isfinite, log10
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from perennial.spec.algorithms import Algorithm
from perennial.spec.metrics import Metric
from perennial.spec.text import ColumnName

Value = bool | int | float | str
ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]

MOST_VALUES = 2**53  # of a range; a double counts no further
RANGE, VALUES = "(range)", "(values)"  # how pydantic tells the two apart in the place of a mistake
MOST_TRIALS = 500  # more would not fit into the history of one execution
MOST_MINUTES = 3 * 24 * 60


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Range(_Strict):
    """Numbers between two bounds, both inclusive; whole ones when both bounds are whole."""

    low: int | float = Field(description="Smallest value.")
    high: int | float = Field(description="Largest value.")
    scale: Literal["linear", "log"] = Field(
        default="linear", description="`log`: as many values between 0.01 and 0.1 as to 1."
    )
    step: int | float | None = Field(
        default=None, gt=0, description="Distance of the values tried; left out, any."
    )

    @model_validator(mode="after")
    def _bounds_make_sense(self) -> Self:
        if any(isinstance(one, int) and abs(one) > MOST_VALUES for one in (self.low, self.high)):
            raise ValueError("a whole number beyond 2**53 is none that a double could tell")
        if not isfinite(self.high - self.low):
            raise ValueError("the bounds lie further apart than any number says")
        if self.low >= self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"a log scale needs a low above 0, not {self.low}")
        if self.scale == "log" and self.step is not None:
            raise ValueError("a step has no meaning on a log scale; leave one of them out")
        if self.step is not None and self.step > self.high - self.low:
            raise ValueError(f"step ({self.step}) is larger than the range")
        if self.whole and self.step is not None and not float(self.step).is_integer():
            raise ValueError("whole numbers need a whole step; write the bounds with a fraction")
        if self.step is not None and (self.high - self.low) / self.step > MOST_VALUES:
            raise ValueError(f"step ({self.step}) makes more values than can be counted")
        return self

    @property
    def whole(self) -> bool:
        """Whether whole numbers are tried."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def size(self) -> int | None:
        """How many values there are; None where they are without number."""
        if self.step is None and not self.whole:
            return None
        # A hundred-millionth of a step makes up for what decimal fractions lose in binary ones.
        return int((self.high - self.low) / (self.step or 1) + 1e-8) + 1

    def value(self, place: int) -> int | float:
        """The value at a place, from 0, of a range that has a size."""
        step = self.step or 1
        if self.whole:
            return int(self.low) + place * int(step)
        # To twelve digits of the step, however small: 0.1 three times is 0.3.
        return round(self.low + place * step, 12 + max(0, -floor(log10(step))))

    def place(self, value: int | float) -> int | None:
        """Where a value stands in a range that has a size; None where it is none of it."""
        place = round((value - self.low) / (self.step or 1))
        inside = 0 <= place < (self.size or 0)
        return place if inside and self.value(place) == value else None

    def values(self) -> Iterator[int | float]:
        """All values of a range that has a size; there may be more than memory holds."""
        return map(self.value, range(self.size or 0))


def _kind(written: Any) -> str | None:
    if isinstance(written, Range | dict):
        return RANGE
    return VALUES if isinstance(written, list | tuple) else None


Choice = Annotated[
    Annotated[Range, Tag(RANGE)] | Annotated[tuple[Value, ...], Tag(VALUES)],
    Discriminator(
        _kind,
        custom_error_type="choice",
        custom_error_message="must be a range, as {low: 1, high: 8}, or a list of values",
    ),
]


class Branch(_Strict):
    """One algorithm and the space of its hyperparameters."""

    algorithm: Algorithm = Field(description="The estimator.")
    parameters: dict[ParameterName, Choice] = Field(
        default_factory=dict, description="What is searched: a range, or a list of values."
    )
    fixed: dict[ParameterName, Value] = Field(
        default_factory=dict,
        description="What is set the same in every trial of this algorithm.",
    )

    @model_validator(mode="after")
    def _something_to_choose(self) -> Self:
        for name, choice in self.parameters.items():
            if name in self.fixed:
                raise ValueError(f"{name} is searched and fixed; it can only be one of them")
            if isinstance(choice, Range):
                continue
            if not choice:
                raise ValueError(f"{name} has no values to choose from")
            if len({(type(value), value) for value in choice}) < len(choice):
                raise ValueError(f"{name} lists the same value twice")
        return self

    @property
    def size(self) -> int | None:
        """Points of the space; None where they are without number."""
        whole = 1
        for choice in self.parameters.values():
            size = choice.size if isinstance(choice, Range) else len(choice)
            if size is None:
                return None
            whole *= size
        return whole


class FoldMethod(StrEnum):
    """Which rows are kept together, and which apart."""

    RANDOM = "random"
    STRATIFIED = "stratified"
    GROUP = "group"
    TIME = "time"


class CrossValidation(_Strict):
    """How training and validation part together are divided into folds."""

    method: FoldMethod = Field(
        default=FoldMethod.STRATIFIED,
        description="`random`, `stratified` by class, `group`: the rows of a group stay together, "
        "`time`: each fold is later than what is fitted for it.",
    )
    folds: int = Field(default=5, ge=2, le=20, description="How many.")
    group_column: ColumnName | None = Field(
        default=None, description="With `group`: the column that names a row's group."
    )

    @model_validator(mode="after")
    def _groups_have_a_column(self) -> Self:
        if self.method is FoldMethod.GROUP and self.group_column is None:
            raise ValueError("group needs group_column: which rows belong together")
        if self.method is not FoldMethod.GROUP and self.group_column is not None:
            raise ValueError(f"group_column does not apply to {self.method.value} folds")
        return self


class SearchMethod(StrEnum):
    """How the next trials are chosen."""

    NONE = "none"
    GRID = "grid"
    RANDOM = "random"
    BAYESIAN = "bayesian"


class Tuning(_Strict):
    """Search for hyperparameters."""

    method: SearchMethod = Field(
        default=SearchMethod.NONE,
        description="`grid`: every point; `random`; `bayesian`: by what earlier trials found "
        "(Optuna's TPE); `none`: no search.",
    )
    search: tuple[Branch, ...] = Field(default=(), description="The algorithms and their spaces.")
    trials: int = Field(
        default=50,
        ge=2,
        le=MOST_TRIALS,
        description="Trials at most; the first is `algorithm` as it stands.",
    )
    minutes: float | None = Field(
        default=None, gt=0, le=MOST_MINUTES, description="How long the search may take."
    )
    dollars: float | None = Field(default=None, gt=0, description="What its jobs may cost.")
    metric: Metric | None = Field(
        default=None, description="What trials are judged by; left out, the primary metric."
    )
    cross_validation: CrossValidation | None = Field(
        default=None, description="Folds to judge on; left out, the validation part."
    )
    stop_bad_trials: bool = Field(
        default=True, description="Whether a trial worse than half of the earlier ones is ended."
    )
    trials_per_round: int = Field(
        default=12, ge=2, le=100, description="Trials proposed together, before any is known."
    )
    trials_per_job: int = Field(
        default=3, ge=1, le=100, description="Trials that one job runs, one after the other."
    )
    concurrency: int = Field(default=4, ge=1, le=40, description="Jobs at the same time.")
    trial_minutes: float = Field(
        default=10, gt=0, le=MOST_MINUTES, description="After which a trial is given up."
    )

    @property
    def asked(self) -> bool:
        """Whether there is a search."""
        return self.method is not SearchMethod.NONE

    @property
    def size(self) -> int | None:
        """Points of all spaces together; None where they are without number."""
        sizes = [branch.size for branch in self.search]
        return None if None in sizes else sum(size for size in sizes if size)
