"""The profile of a dataset: what its columns look like, and the reference drift is judged by."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NumberProfile(_Strict):
    """A column of numbers (or of times, as seconds since 1970-01-01T00:00:00Z)."""

    kind: Literal["number"] = "number"
    rows: int
    nulls: int
    distinct: int = Field(description="Different values; a lower bound unless `distinct_exact`.")
    distinct_exact: bool
    minimum: float | None
    maximum: float | None
    mean: float | None
    standard_deviation: float | None = Field(description="Of the population (divisor n).")
    quantiles: dict[str, float] = Field(description="By share of the rows, `0.5` is the median.")
    edges: tuple[float, ...] = Field(description="Ascending; near quantiles, so bins weigh alike.")
    counts: tuple[int, ...] = Field(
        description="One more than edges: `counts[i]` values lie in `[edges[i-1], edges[i])`; "
        "the first and last bin are open to the outside. Nulls are in none."
    )
    display_edges: tuple[float, ...] = Field(description="Evenly spaced, for a picture.")
    display_counts: tuple[float, ...] = Field(description="Rows between them, interpolated.")


LABEL_BUCKETS = 64


def label_bucket(label: str) -> int:
    """A bucket for a label that does not depend on how often it occurs, 0 to 63.

    Comparing the most frequent labels of one sample with the same ones of another finds a
    difference where there is none: they were picked for being frequent in the first.
    """
    digest = hashlib.blake2b(label.encode("utf-8", "replace"), digest_size=2).digest()
    return digest[0] % LABEL_BUCKETS


class CategoryProfile(_Strict):
    """A column of labels; truth values are `false` and `true`."""

    kind: Literal["category"] = "category"
    rows: int
    nulls: int
    distinct: int
    counts: dict[str, int] = Field(description="Rows per label, the most frequent first.")
    other: int = Field(description="Rows with labels beyond those listed.")
    hashed: tuple[int, ...] | None = Field(
        default=None,
        description="Where not all labels are listed: rows of all by `label_bucket`.",
    )


ColumnProfile = Annotated[NumberProfile | CategoryProfile, Field(discriminator="kind")]


class Profile(_Strict):
    """All features and the target of one dataset."""

    format: Literal[1] = 1
    rows: int
    features: dict[str, ColumnProfile]
    target: ColumnProfile
