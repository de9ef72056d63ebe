"""The section of a spec that says how hyperparameters are searched for."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Tuning(BaseModel):
    """Search for hyperparameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    method: Literal["none"] = Field(default="none", description="Reserved.")
