"""Brings a column, read as text or as some Arrow type, to the type the spec wants.

Whatever cannot be brought there becomes null and is marked, so that checking goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from perennial.data.columns import ARROW_TYPES, CODES, UTC_MICROSECONDS, ColumnType
from perennial.data.problems import ProblemKind

_NUMBER = r"^[ \t]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t]*$"
_NOT_FINITE = r"^[ \t]*[+-]?([nN][aA][nN]|[iI][nN][fF]([iI][nN][iI][tT][yY])?)[ \t]*$"
_WHOLE_AS_DECIMAL = r"^(-?[0-9]+)\.0+$"
_BEYOND_INTEGERS = 2.0**63
_TRUE = r"^(true|t|yes|y|1|1\.0)$"
_FALSE = r"^(false|f|no|n|0|0\.0)$"
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999  # µs: years 1 to 9999
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}  # of a unit; nanoseconds cannot exceed it
EXPECTED = {
    ColumnType.NUMBER: "a number",
    ColumnType.INTEGER: "an integer",
    ColumnType.BOOLEAN: "true or false",
    ColumnType.TIMESTAMP: "a time as in 2026-01-31T12:00:00Z",
    ColumnType.TIME: "a time as in 2026-01-31T12:00:00Z",
    ColumnType.CATEGORY: "text",
    ColumnType.TEXT: "text",
}


@dataclass(frozen=True, slots=True)
class Converted:
    """A column of its type, and where it did not fit, by kind of problem (boolean masks)."""

    values: pa.Array
    misfits: tuple[tuple[ProblemKind, pa.Array], ...] = ()


def convert(column: pa.Array, wanted: ColumnType) -> Converted:
    """A column brought to the wanted type."""
    if pa.types.is_string_view(column.type):  # as newer writers of Parquet have texts
        column = column.cast(pa.string())
    if column.type == UTC_MICROSECONDS and wanted in (ColumnType.TIMESTAMP, ColumnType.TIME):
        return _expressible(column)
    if column.type == ARROW_TYPES.get(wanted):
        return Converted(column)
    if pa.types.is_null(column.type):
        return Converted(pa.nulls(len(column), ARROW_TYPES[wanted]))
    return _CONVERSIONS[wanted](column)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _misfit(column: pa.Array, fits: pa.Array) -> pa.Array:
    """Where a value is present and does not fit."""
    return pc.and_(column.is_valid(), pc.invert(pc.fill_null(fits, False)))


def _kept(column: pa.Array, misfit: pa.Array) -> pa.Array:
    return pc.if_else(misfit, pa.scalar(None, column.type), column)


def _refused(column: pa.Array, wanted: ColumnType) -> Converted:
    """A column of a type from which there is no way to the wanted one."""
    return Converted(
        pa.nulls(len(column), ARROW_TYPES[wanted]), ((ProblemKind.WRONG_TYPE, column.is_valid()),)
    )


def _number(column: pa.Array) -> Converted:
    column = _plain(column)
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Converted(column.cast(pa.float64(), safe=False))
    if not _is_text(kind):
        return _refused(column, ColumnType.NUMBER)
    number = pc.match_substring_regex(column, _NUMBER)
    not_finite = pc.fill_null(pc.match_substring_regex(column, _NOT_FINITE), False)
    wrong = _misfit(column, pc.or_(number, not_finite))
    left = _kept(column, pc.or_(wrong, not_finite))
    digits = pc.utf8_ltrim(pc.utf8_trim(left, " \t"), "+")
    return Converted(
        digits.cast(pa.float64()),
        ((ProblemKind.WRONG_TYPE, wrong), (ProblemKind.NOT_FINITE, not_finite)),
    )


def _integer(column: pa.Array) -> Converted:
    column = _plain(column)
    if pa.types.is_integer(column.type) and column.type != pa.uint64():
        return Converted(column.cast(pa.int64()))
    number = _number(column)
    values = number.values
    if not pa.types.is_floating(values.type):
        return _refused(column, ColumnType.INTEGER)
    finite = pc.fill_null(pc.is_finite(values), True)
    whole = pc.fill_null(pc.equal(pc.floor(values), values), True)
    fraction = pc.and_(finite, pc.invert(whole))
    large = pc.and_(finite, pc.fill_null(pc.greater(pc.abs(values), 2.0**53), False))
    left = _kept(values, pc.or_(pc.or_(fraction, large), pc.invert(finite)))
    return Converted(
        left.cast(pa.int64()),
        (
            *number.misfits,
            (ProblemKind.NOT_AN_INTEGER, fraction),
            (ProblemKind.TOO_LARGE, large),
            (ProblemKind.NOT_FINITE, pc.invert(finite)),
        ),
    )


def _boolean(column: pa.Array) -> Converted:
    column = _plain(column)
    if not _is_text(column.type):
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            return _refused(column, ColumnType.BOOLEAN)
        column = column.cast(pa.string())
    yes = pc.match_substring_regex(column, _TRUE, ignore_case=True)
    no = pc.match_substring_regex(column, _FALSE, ignore_case=True)
    wrong = _misfit(column, pc.or_(yes, no))
    return Converted(_kept(yes, wrong), ((ProblemKind.WRONG_TYPE, wrong),))


def _category(column: pa.Array) -> Converted:
    """Labels are text: `true`, `1`, never `1.0`."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        inner = _category(column.dictionary).values
        if inner.type == CODES:
            inner = inner.dictionary_decode()
        if inner.null_count > column.dictionary.null_count:
            return Converted(inner.take(column.indices).dictionary_encode())
        codes = column.indices.cast(pa.int32())
        return Converted(pa.DictionaryArray.from_arrays(codes, inner.cast(pa.string())))
    if pa.types.is_boolean(kind):
        text = pc.if_else(column, "true", "false")
    elif pa.types.is_floating(kind):
        text = _written_out(column)
    elif pa.types.is_decimal(kind):
        text = pc.replace_substring_regex(column.cast(pa.string()), _WHOLE_AS_DECIMAL, r"\1")
    elif pa.types.is_integer(kind) or _is_text(kind):
        text = column.cast(pa.string())
    else:
        return _refused(column, ColumnType.CATEGORY)
    return Converted(text.dictionary_encode())


def _written_out(column: pa.Array) -> pa.Array:
    """Floats as text: whole ones by their digits, as a column without gaps would have them.

    Arrow writes 12345678901.0 as 1.2345678901e+10, by which nobody calls a customer.
    """
    numbers = column.cast(pa.float64())
    whole = pc.and_(
        pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), _BEYOND_INTEGERS)
    )
    digits = pc.if_else(whole, numbers, None).cast(pa.int64()).cast(pa.string())
    return pc.coalesce(digits, pc.if_else(pc.is_nan(numbers), None, column.cast(pa.string())))


def _text(column: pa.Array) -> Converted:
    column = _plain(column)
    try:
        if pa.types.is_floating(column.type):
            return Converted(_written_out(column))
        return Converted(column.cast(pa.string()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return _refused(column, ColumnType.TEXT)


def _timestamp(column: pa.Array) -> Converted:
    column = _plain(column)
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _timestamp_of_ticks(column, kind)
    if pa.types.is_date(kind):
        return _expressible(column.cast(pa.timestamp("us"), safe=False).cast(UTC_MICROSECONDS))
    if not _is_text(kind):
        return _refused(column, ColumnType.TIMESTAMP)
    return _timestamp_of_text(pc.utf8_trim(column, " \t"))


def _timestamp_of_ticks(column: pa.Array, kind: pa.TimestampType) -> Converted:
    """Times in a unit of their own: compared in it, for in microseconds they might wrap round."""
    microseconds = _MICROSECONDS.get(kind.unit)
    plain = pa.timestamp("us", kind.tz)
    if microseconds is None:
        return _expressible(column.cast(plain, safe=False).cast(UTC_MICROSECONDS))
    ticks = column.cast(pa.int64())
    low, high = _FIRST // microseconds, _LAST // microseconds
    wrong = pc.fill_null(pc.or_(pc.less(ticks, low), pc.greater(ticks, high)), False)
    times = _kept(column, wrong).cast(plain, safe=False).cast(UTC_MICROSECONDS)
    return Converted(times, ((ProblemKind.WRONG_TYPE, wrong),))


def _timestamp_of_text(column: pa.Array) -> Converted:
    """Times with a zone, and times without one, which are taken as UTC."""
    for trial in (pa.timestamp("us"), UTC_MICROSECONDS):
        try:
            return _expressible(column.cast(trial).cast(UTC_MICROSECONDS))
        except pa.ArrowInvalid:
            continue
    values = pa.array([_instant(text) for text in column.to_pylist()], UTC_MICROSECONDS)
    wrong = pc.and_(column.is_valid(), values.is_null())
    return Converted(values, ((ProblemKind.WRONG_TYPE, wrong),))


def _expressible(column: pa.Array) -> Converted:
    """Times of the years 1 to 9999; the rest can be neither told in ISO 8601 nor asked for."""
    extremes = pc.min_max(column)
    first, last = extremes["min"].value, extremes["max"].value
    if first is None or (first >= _FIRST and last <= _LAST):
        return Converted(column)
    ticks = column.cast(pa.int64())
    wrong = pc.fill_null(pc.or_(pc.less(ticks, _FIRST), pc.greater(ticks, _LAST)), False)
    return Converted(_kept(column, wrong), ((ProblemKind.WRONG_TYPE, wrong),))


def _instant(text: str | None) -> datetime | None:
    """A time as the fallback reads it, value by value."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _time(column: pa.Array) -> Converted:
    """Numbers where the data has numbers, else timestamps."""
    column = _plain(column)
    if _is_text(column.type):
        number = _number(column)
        if not any(pc.any(mask).as_py() for _, mask in number.misfits):
            return number
        return _timestamp(column)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _timestamp(column)
    return _number(column)


_CONVERSIONS: dict[ColumnType, Callable[[pa.Array], Converted]] = {
    ColumnType.NUMBER: _number,
    ColumnType.INTEGER: _integer,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.CATEGORY: _category,
    ColumnType.TEXT: _text,
    ColumnType.TIMESTAMP: _timestamp,
    ColumnType.TIME: _time,
}
