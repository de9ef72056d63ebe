"""How one value of each feature type becomes a number, or the reason why it cannot.

A codec is a closure over what it needs: the row encoder calls one per value on the hot path.
Every code is meant to be stored as float32; a number beyond that range becomes its largest value,
so that no feature is ever infinite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perennial.features.schema import (
    BOOLEAN,
    CATEGORY,
    INTEGER,
    MISSING,
    TEXT,
    TIMESTAMP,
    FeatureSchema,
)
from perennial.labels import spelling

LARGEST_FLOAT32 = 3.4028234663852886e38
_LARGEST_FLOAT64 = 1.7976931348623157e308
# Microseconds since 1970, from the year 1 to 9999: a zone can lead out of what ISO 8601 can say.
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
NAN = float("nan")

Codec = Callable[[object], float]


class Misfit(Exception):
    """A value that does not fit its feature; the message says why, never what it is."""


def codec_of(feature: FeatureSchema) -> Codec:
    """The closure that checks and encodes one value of a feature; it raises `Misfit`."""
    if feature.type == CATEGORY:
        return _category(feature)
    if feature.type == BOOLEAN:
        return _boolean(feature)
    if feature.type == TIMESTAMP:
        return _timestamp(feature)
    if feature.type == TEXT:
        return _text(feature)
    return _integer(feature) if feature.type == INTEGER else _number(feature)


def _missing(feature: FeatureSchema) -> float:
    if feature.nullable:
        return NAN
    raise Misfit("must not be null")


def _number(feature: FeatureSchema) -> Codec:
    low, high = _limits(feature)

    def encode(value: object) -> float:
        kind = type(value)
        if (kind is float or kind is int) and low <= value <= high:  # type: ignore[operator]
            return value  # type: ignore[return-value]
        if value is None:
            return _missing(feature)
        return _unusual_number(value, feature)

    return encode


def _integer(feature: FeatureSchema) -> Codec:
    low, high = _limits(feature)

    def encode(value: object) -> float:
        if type(value) is int and low <= value <= high and -(2**63) <= value < 2**63:
            return value
        if value is None:
            return _missing(feature)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Misfit("must be an integer")
        if isinstance(value, float):
            raise Misfit("must be a whole, finite number")
        if not -(2**63) <= value < 2**63:
            raise Misfit("must be an integer of at most 64 bits")
        return _unusual_number(value, feature)

    return encode


def _limits(feature: FeatureSchema) -> tuple[float, float]:
    """The range in which a number needs no second look."""
    low = -LARGEST_FLOAT32 if feature.minimum is None else feature.minimum
    high = LARGEST_FLOAT32 if feature.maximum is None else feature.maximum
    return max(low, -LARGEST_FLOAT32), min(high, LARGEST_FLOAT32)


def _unusual_number(value: object, feature: FeatureSchema) -> float:
    """A number outside the plain range: the reason against it, or the nearest float32."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Misfit(f"must be {'an integer' if feature.type == INTEGER else 'a number'}")
    if value != value:
        raise Misfit("must be a finite number")
    if feature.minimum is not None and value < feature.minimum:
        raise Misfit(f"must be at least {feature.minimum:.15g}")
    if feature.maximum is not None and value > feature.maximum:
        raise Misfit(f"must be at most {feature.maximum:.15g}")
    if not -_LARGEST_FLOAT64 <= value <= _LARGEST_FLOAT64:
        raise Misfit("must be a finite number")
    return float(min(max(value, -LARGEST_FLOAT32), LARGEST_FLOAT32))


def _boolean(feature: FeatureSchema) -> Codec:
    def encode(value: object) -> float:
        if value is True:
            return 1.0
        if value is False:
            return 0.0
        if value is None:
            return _missing(feature)
        raise Misfit("must be true or false")

    return encode


def _category(feature: FeatureSchema) -> Codec:
    codes = category_codes(feature)
    code_of = code_of_spelling(codes)
    reason = "must be one of the categories the model knows"

    def encode(value: object) -> float:
        try:
            return codes[value]
        except (KeyError, TypeError):
            pass
        if value is None:
            return _missing(feature)
        code = code_of(label_of(value))
        if code is not None:
            return code
        if feature.unseen == MISSING:
            return NAN
        raise Misfit(reason)

    return encode


def category_codes(feature: FeatureSchema) -> dict[object, float]:
    """The code of each category: its place in the feature's list."""
    return {label: float(code) for code, label in enumerate(feature.categories or ())}


def code_of_spelling(codes: Mapping[object, float]) -> Callable[[str], float | None]:
    """The code of a label, also where it is spelt otherwise than training spells: `1.0` for `1`."""
    spelt: Callable[[str], str] | None = None

    def code_of(label: str) -> float | None:
        nonlocal spelt
        code = codes.get(label)
        if code is None:
            if spelt is None:  # looks at all labels once; most models are never asked
                spelt = spelling(str(known) for known in codes)
            code = codes.get(spelt(label))
        return code

    return code_of


def label_of(value: object) -> str:
    """A category as text: labels are text everywhere, whatever JSON type carries them.

    Raises:
        Misfit: it is nothing that could be a label.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    # Python refuses to print integers of thousands of digits; no label is that long.
    if isinstance(value, int) and -(2**63) <= value < 2**64:
        return str(value)
    raise Misfit("must be text")


def _text(feature: FeatureSchema) -> Codec:
    """The text itself, or NaN: what is made of it are numbers, and it is none."""

    def encode(value: object) -> float:
        if type(value) is str and _is_unicode(value):
            return value  # type: ignore[return-value]
        if value is None:
            return _missing(feature)
        raise Misfit("must be text")

    return encode


def _is_unicode(text: str) -> bool:
    """Whether it can be written down: JSON has escapes for halves of characters."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _timestamp(feature: FeatureSchema) -> Codec:
    from datetime import UTC, datetime, timedelta  # only models with timestamps pay for it

    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    microsecond = timedelta(microseconds=1)

    def encode(value: object) -> float:
        if value is None:
            return _missing(feature)
        if not isinstance(value, str):
            raise Misfit("must be an ISO 8601 timestamp")
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise Misfit("must be an ISO 8601 timestamp") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        # Whole microseconds first, as Arrow stores them: the same rounding on both paths.
        ticks = (moment - epoch) // microsecond
        if not _FIRST <= ticks <= _LAST:
            raise Misfit("must be an ISO 8601 timestamp")
        return float(ticks) / 1e6

    return encode
