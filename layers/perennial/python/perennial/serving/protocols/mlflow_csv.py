"""A CSV file with a header as columns of features; texts mean what they mean in training."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence

from perennial.errors import InvalidRows, RowProblem
from perennial.features.columns import Columns
from perennial.features.schema import BOOLEAN, CATEGORY, INTEGER, NUMBER, TEXT, TIMESTAMP
from perennial.serving.problems import INVALID_REQUEST, MALFORMED_BODY, Problem
from perennial.serving.protocols.mlflow_frames import check_count
from perennial.serving.rows import MAX_ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.features.schema import FeatureSchema

# As the spec's `missing_markers` are by default.
MISSING = frozenset(("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"))
_BLANK = " \t"
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")  # below 2**63
_TRUE = frozenset(("true", "t", "yes", "y", "1", "1.0"))
_FALSE = frozenset(("false", "f", "no", "n", "0", "0.0"))


def columns_of(text: str, features: Sequence[FeatureSchema]) -> Columns:
    """The columns of a CSV file, as `DataFrame.to_csv` writes it, with or without its index.

    A text no value can be made of is left for the encoder to refuse.

    Raises:
        Problem: it is no CSV, names a column twice or has too many rows.
        InvalidRows: rows have another width than the header.
    """
    lines = _lines(text)
    header = next(lines, None)
    if header is None:
        raise Problem(INVALID_REQUEST, "The first line of a CSV file names its columns.")
    if len(set(header)) != len(header):
        raise Problem(INVALID_REQUEST, "The CSV file has two columns of the same name.")
    rows = list(_limited(lines))
    check_count(len(rows))
    wrong = [number for number, row in enumerate(rows) if len(row) != len(header)]
    if wrong:
        reason = f"must have {len(header)} values, as the header has"
        raise InvalidRows([RowProblem(number, "", reason) for number in wrong])
    known = {feature.name: feature for feature in features}
    values = {
        name: _values(column, known.get(name))
        for name, column in zip(header, zip(*rows, strict=True), strict=True)
        if name or header[0]  # a first column without a name is the index of a frame
    }
    return Columns(values, len(rows))


def _lines(text: str) -> Iterator[list[str]]:
    try:
        # Blank lines are skipped, as pandas does.
        yield from (line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line)
    except csv.Error:
        raise Problem(MALFORMED_BODY, "The body is not CSV as RFC 4180 has it.") from None


def _limited(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    """One row more than the limit at most: enough to see that it is passed."""
    for _ in range(MAX_ROWS + 1):
        line = next(lines, None)
        if line is None:
            return
        yield line


def _values(column: Sequence[str], feature: FeatureSchema | None) -> list[object]:
    if feature is None:
        return list(column)
    if feature.type == CATEGORY:
        labels = frozenset(feature.categories or ())
        return [None if text in MISSING and text not in labels else text for text in column]
    convert = _CONVERSIONS[feature.type]
    return [None if text in MISSING else convert(text) for text in column]


def _number(text: str) -> object:
    trimmed = text.strip(_BLANK)
    return float(trimmed) if _DECIMAL.fullmatch(trimmed) else text


def _integer(text: str) -> object:
    """Whole numbers as they are, not as the double nearest to them."""
    trimmed = text.strip(_BLANK)
    return int(trimmed) if _WHOLE.fullmatch(trimmed) else _number(text)


def _boolean(text: str) -> object:
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else text


def _timestamp(text: str) -> object:
    return text.strip(_BLANK)


_CONVERSIONS: dict[str, Callable[[str], object]] = {
    NUMBER: _number,
    INTEGER: _integer,
    BOOLEAN: _boolean,
    TIMESTAMP: _timestamp,
    TEXT: str,
}
