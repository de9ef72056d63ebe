"""Rows that golden rows may lack and a caller may send: missing values, categories, extremes.

Each is a golden row with one feature changed, so that a difference tells of that feature. Standard
library only.
"""

from __future__ import annotations

from perennial.features.codec import LARGEST_FLOAT32
from perennial.features.schema import (
    BOOLEAN,
    CATEGORY,
    INTEGER,
    MISSING,
    NUMBER,
    TIMESTAMP,
    FeatureSchema,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Row = dict[str, object]

_MOST_CATEGORIES = 64  # probed of one feature, evenly chosen
_NEVER_SEEN = "\u2205 never seen"
_SMALLEST = 1e-45  # a float32 above zero
_MOMENTS = ("1970-01-01T00:00:00Z", "2000-02-29T23:59:59.999999Z", "2262-04-11T00:00:00Z")


def probes(rows: Sequence[Row], features: Sequence[FeatureSchema]) -> Iterator[list[Row]]:
    """Two batches: of ordinary values, and of extremes, whose answers may be of another size.

    Args:
        rows: that the model answers; they are varied in turn.
        features: of the model.
    """
    for values in (_ordinary, _extremes):
        batch = list(_varied(rows, features, values))
        if batch:
            yield batch


def _varied(
    rows: Sequence[Row],
    features: Sequence[FeatureSchema],
    values: Callable[[FeatureSchema], Iterator[object]],
) -> Iterator[Row]:
    if not rows:
        return
    changes = [(feature.name, value) for feature in features for value in values(feature)]
    for place, (name, value) in enumerate(changes):
        yield {**rows[place % len(rows)], name: value}


def _ordinary(feature: FeatureSchema) -> Iterator[object]:
    if feature.nullable:
        yield None
    if feature.type == CATEGORY:
        known = feature.categories or ()
        yield from known[:: max(1, len(known) // _MOST_CATEGORIES)]
        if feature.unseen == MISSING:
            yield _NEVER_SEEN
    if feature.type == BOOLEAN:
        yield from (True, False)
    if feature.type == TIMESTAMP:
        yield from _MOMENTS


def _extremes(feature: FeatureSchema) -> Iterator[object]:
    if feature.type not in (NUMBER, INTEGER):
        return
    whole = feature.type == INTEGER
    low, high = (-(2**53), 2**53) if whole else (-LARGEST_FLOAT32, LARGEST_FLOAT32)
    low = low if feature.minimum is None else max(low, feature.minimum)
    high = high if feature.maximum is None else min(high, feature.maximum)
    for value in (low, high, 0, -_SMALLEST, _SMALLEST):
        bounded = min(max(value, low), high)
        yield round(bounded) if whole else float(bounded)
