"""The section of a spec that says what is made of the features before a model sees them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Engineering(BaseModel):
    """What is derived from the features, and which of it is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
