"""The section of a spec that says what is kept of every prediction."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from perennial.spec.text import ColumnName


class Capture(BaseModel):
    """What is kept of the predictions; columns that are `sensitive` never are."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    enabled: bool = Field(default=True, description="Whether predictions are kept at all.")
    sample: float = Field(
        default=1.0, gt=0, le=1, description="Share of the requests that are kept."
    )
    exclude: tuple[ColumnName, ...] = Field(
        default=(),
        description="Features that are not kept, beside those that are `sensitive`.",
    )
