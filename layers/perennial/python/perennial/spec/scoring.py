"""How files of a model are scored: what a spec may say about it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Scoring(BaseModel):
    """How whole files are scored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    tolerated_failures: float = Field(
        default=0.0, ge=0, le=1, description="Share of a file's chunks that may fail for good."
    )
    tolerated_rejects: float = Field(
        default=1.0, ge=0, le=1, description="Share of a file's rows that may not fit the model."
    )
    chunk_rows: int = Field(
        default=200_000, ge=100, le=5_000_000, description="Rows that one call scores, about."
    )
