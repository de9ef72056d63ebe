"""How a whole column of values becomes numbers: the codes of `perennial.features.codec`, faster.

For many rows it pays to ask about a column at once what a codec asks about each value. Where a
column holds anything but plain values, each is given to the codec after all; so the codes, and
what is refused, are the same.
"""

from __future__ import annotations

from array import array

from perennial.features.codec import LARGEST_FLOAT32, Codec, category_codes
from perennial.features.schema import CATEGORY, INTEGER, NUMBER, FeatureSchema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Column = Sequence[object]
    ColumnCodec = Callable[[Column], array[float]]

_PLAIN = {NUMBER: ({float}, {int}, {int, float}), INTEGER: ({int},)}
_EXACT = 2**63  # from here on an integer is the codec's to refuse


def column_codec_of(feature: FeatureSchema, codec: Codec) -> ColumnCodec:
    """The closure that encodes a column as float32.

    It raises what the codec raises: `Misfit` for a value that does not fit.
    """
    if feature.type == CATEGORY:
        return _category(feature, codec)
    if feature.type in _PLAIN:
        return _number(feature, codec)
    return lambda values: array("f", [codec(value) for value in values])


def _category(feature: FeatureSchema, codec: Codec) -> ColumnCodec:
    code_of = category_codes(feature).__getitem__

    def encode(values: Column) -> array[float]:
        try:
            return array("f", list(map(code_of, values)))
        except (KeyError, TypeError):  # missing, unknown or no text
            return array("f", [codec(value) for value in values])

    return encode


def _number(feature: FeatureSchema, codec: Codec) -> ColumnCodec:
    plain, low, high = _PLAIN[feature.type], feature.minimum, feature.maximum
    if feature.type == INTEGER:
        low = -_EXACT if low is None else max(low, -_EXACT)
        high = _EXACT - 1 if high is None else min(high, _EXACT - 1)

    def encode(values: Column) -> array[float]:
        if set(map(type, values)) in plain and _within(values, low, high):
            try:
                codes: array[float] = array("f", values)  # type: ignore[arg-type]
            except OverflowError:  # an integer beyond any float
                return array("f", [codec(value) for value in values])
            # A number beyond float32 has become infinite, and so is the sum then.
            if abs(sum(codes)) <= LARGEST_FLOAT32 * len(codes):
                return codes
        return array("f", [codec(value) for value in values])

    return encode


def _within(values: Column, low: float | None, high: float | None) -> bool:
    return (low is None or low <= min(values)) and (  # type: ignore[type-var, operator]
        high is None or max(values) <= high  # type: ignore[type-var, operator]
    )
