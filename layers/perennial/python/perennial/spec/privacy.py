"""The section of a spec that says which columns tell of persons, and what becomes of them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Privacy(BaseModel):
    """Columns that identify persons, and how they are dropped or replaced."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
