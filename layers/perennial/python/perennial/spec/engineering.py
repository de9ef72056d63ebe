"""The section of a spec that says what is made of the features before a model sees them."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from perennial.spec.steps import Step
from perennial.spec.text import ColumnName


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SelectionMethod(StrEnum):
    """What a column is judged by."""

    IMPORTANCE = "importance"
    PERMUTATION = "permutation"


class Selection(_Strict):
    """Which columns are kept, once a first model was fitted on all of them."""

    method: SelectionMethod = Field(
        default=SelectionMethod.IMPORTANCE,
        description="`importance`: the estimator's own; `permutation`: what is lost on the "
        "validation part when the column's values change places.",
    )
    keep: int | None = Field(default=None, ge=1, description="How many are kept.")
    at_least: float | None = Field(
        default=None, gt=0, lt=1, description="Share of all importance a column is kept from."
    )
    cumulative: float | None = Field(
        default=None, gt=0, le=1, description="Share of all importance that is kept together."
    )
    protected: tuple[ColumnName, ...] = Field(
        default=(), description="Columns kept whatever they add; of a feature, all made of it."
    )

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if sum(one is not None for one in (self.keep, self.at_least, self.cumulative)) != 1:
            raise ValueError("a selection needs keep, at_least or cumulative, and one of them only")
        return self


class Engineering(_Strict):
    """What is derived from the features, and which of it is kept."""

    steps: tuple[Step, ...] = Field(
        default=(), description="What is made, in this order; a step may use what came before."
    )
    drop: tuple[ColumnName, ...] = Field(
        default=(), description="Columns, given or made, that the model does not see."
    )
    selection: Selection | None = Field(
        default=None, description="Which columns are kept for their importance."
    )

    @property
    def asked(self) -> bool:
        """Whether a model sees anything but its features as they are."""
        return bool(self.steps or self.drop or self.selection)
