"""The section of a spec that says for whom a model must be equally good."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from perennial.spec.metrics import Task
from perennial.spec.text import ColumnName

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=20, max_length=1000)]


class Disparity(StrEnum):
    """How far groups lie apart: the largest difference or the smallest ratio between any two.

    Barocas, Hardt and Narayanan, "Fairness and machine learning" (2023), chapter 3; equalized odds
    and equal opportunity as in Hardt, Price and Srebro, "Equality of opportunity in supervised
    learning", NIPS 2016.
    """

    DEMOGRAPHIC_PARITY_DIFFERENCE = "demographic_parity_difference"
    DEMOGRAPHIC_PARITY_RATIO = "demographic_parity_ratio"
    EQUALIZED_ODDS_DIFFERENCE = "equalized_odds_difference"
    EQUALIZED_ODDS_RATIO = "equalized_odds_ratio"
    EQUAL_OPPORTUNITY_DIFFERENCE = "equal_opportunity_difference"
    EQUAL_OPPORTUNITY_RATIO = "equal_opportunity_ratio"
    FALSE_POSITIVE_RATE_DIFFERENCE = "false_positive_rate_difference"
    PRECISION_DIFFERENCE = "precision_difference"
    ACCURACY_DIFFERENCE = "accuracy_difference"
    CALIBRATION_DIFFERENCE = "calibration_difference"
    MEAN_PREDICTION_DIFFERENCE = "mean_prediction_difference"
    MEAN_ERROR_DIFFERENCE = "mean_error_difference"
    MEAN_ABSOLUTE_ERROR_DIFFERENCE = "mean_absolute_error_difference"
    MEAN_ABSOLUTE_ERROR_RATIO = "mean_absolute_error_ratio"

    @property
    def is_ratio(self) -> bool:
        """Whether 1 means that all groups are treated alike; of the others, 0 does."""
        return self.value.endswith("_ratio")

    def fits(self, task: Task) -> bool:
        """Whether it is defined for a task."""
        return (self in OF_REGRESSION) is (task is Task.REGRESSION)


OF_REGRESSION = frozenset(
    {
        Disparity.MEAN_PREDICTION_DIFFERENCE,
        Disparity.MEAN_ERROR_DIFFERENCE,
        Disparity.MEAN_ABSOLUTE_ERROR_DIFFERENCE,
        Disparity.MEAN_ABSOLUTE_ERROR_RATIO,
    }
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FairnessGate(_Strict):
    """How far groups may lie apart on the holdout for a candidate to be registered."""

    measure: Disparity = Field(description="What is compared between the groups.")
    columns: tuple[ColumnName, ...] = Field(
        default=(),
        description="Whose groups, of several columns their intersections; none: each column's.",
    )
    maximum: float | None = Field(default=None, ge=0, description="Of a difference: the largest.")
    minimum: float | None = Field(default=None, ge=0, le=1, description="Of a ratio: the smallest.")
    beyond_chance: bool = Field(
        default=False,
        description="Whether it takes a 95 % interval wholly beyond the bound to fail.",
    )

    @model_validator(mode="after")
    def _has_its_bound(self) -> Self:
        asked, other = ("minimum", "maximum") if self.measure.is_ratio else ("maximum", "minimum")
        if getattr(self, asked) is None or getattr(self, other) is not None:
            raise ValueError(f"a gate on {self.measure.value} has a {asked}, and no {other}")
        return self


class Method(StrEnum):
    """What is done about a difference between groups."""

    NONE = "none"
    REWEIGHING = "reweighing"
    THRESHOLD = "threshold"


class Goal(StrEnum):
    """What thresholds by group make equal."""

    DEMOGRAPHIC_PARITY = "demographic_parity"
    EQUAL_OPPORTUNITY = "equal_opportunity"


class Mitigation(_Strict):
    """What is done about a difference between the groups of one column."""

    method: Method = Field(
        default=Method.NONE,
        description="`reweighing` of the training rows, or a `threshold` for each group.",
    )
    column: ColumnName | None = Field(
        default=None, description="Whose groups; left out, the only one of `columns`."
    )
    goal: Goal = Field(
        default=Goal.EQUAL_OPPORTUNITY, description="With `threshold`: what is made equal."
    )
    lawful: Reason | None = Field(
        default=None,
        description="With `threshold`: why people of different groups may be decided differently.",
    )

    @model_validator(mode="after")
    def _thresholds_are_answered_for(self) -> Self:
        if self.method is Method.THRESHOLD and self.lawful is None:
            raise ValueError(
                "a threshold by group decides people of different groups differently; "
                "say in lawful why that is lawful here, in a sentence"
            )
        if self.method is not Method.THRESHOLD and self.lawful is not None:
            raise ValueError("lawful only applies together with method: threshold")
        return self


class Fairness(_Strict):
    """Groups that are compared, what is asked of them, and what is done about a difference."""

    columns: tuple[ColumnName, ...] = Field(
        default=(), description="Features or excluded columns whose groups are compared."
    )
    bins: dict[ColumnName, tuple[float, ...]] = Field(
        default_factory=dict,
        description="Where a column of numbers is cut into groups; left out, at its quartiles.",
    )
    intersections: int = Field(
        default=2, ge=1, le=3, description="How many columns at most are crossed; 1: none."
    )
    minimum_group: int = Field(
        default=30, ge=10, description="Rows below which a group is too small to be judged."
    )
    show_groups: bool = Field(
        default=False, description="Whether groups of a sensitive column are called by their name."
    )
    gates: tuple[FairnessGate, ...] = Field(
        default=(), description="What a candidate must meet on the holdout to be registered."
    )
    mitigation: Mitigation = Field(
        default_factory=Mitigation, description="What is done about a difference."
    )

    @model_validator(mode="after")
    def _bins_ascend(self) -> Self:
        for column, edges in self.bins.items():
            if not edges or len(edges) > 20:
                raise ValueError(f"bins of {column!r}: one edge at least, and 20 at most")
            if any(low >= high for low, high in pairwise(edges)):
                raise ValueError(f"bins of {column!r} do not ascend")
        return self

    @property
    def mitigated_column(self) -> str | None:
        """The column whose groups are treated; None where nothing is done."""
        if self.mitigation.method is Method.NONE:
            return None
        return self.mitigation.column or self.columns[0]
