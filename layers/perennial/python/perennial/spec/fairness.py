"""The section of a spec that says for whom a model must be equally good."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Fairness(BaseModel):
    """Groups that are compared, what is asked of them, and what is done about a difference."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
