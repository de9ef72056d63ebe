"""Checks rows against a model's features and turns them into numbers. Standard library only.

`perennial.features.columnar` gives the same bits for Arrow batches.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence

from perennial.errors import InvalidRows, RowProblem
from perennial.features.codec import Misfit, codec_of
from perennial.features.columns import Columns
from perennial.features.schema import FeatureSchema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.features.attribution import Attribution
    from perennial.features.column_codec import ColumnCodec
    from perennial.features.columns import Table

__all__ = ["MOST_PROBLEMS", "Encoder", "FeatureSchema"]

MOST_PROBLEMS = 100  # of one request; more would not help the caller
LONGEST_NAME = 128  # of a column; what is longer came from the caller and is cut
MANY = 16  # rows from which on they are encoded column by column


class Encoder:
    """The features of one model, in order, ready to encode.

    Attributes:
        features: what a row has, in order.
        columns: what the model sees, in order: the features, unless others are made of them.
        attribution: how columns are counted to features; None where they are the same.
    """

    __slots__ = ("_absent", "_codecs", "_columns", "_names", "attribution", "columns", "features")

    def __init__(self, features: Sequence[FeatureSchema]) -> None:
        self.features = tuple(features)
        self.columns: tuple[FeatureSchema, ...] = self.features
        self.attribution: Attribution | None = None
        self._codecs = tuple((feature.name, codec_of(feature)) for feature in features)
        self._columns: tuple[ColumnCodec, ...] | None = None
        self._names = frozenset(feature.name for feature in features)
        self._absent = {feature.name: None for feature in features if feature.nullable}

    def __len__(self) -> int:
        """Numbers per row."""
        return len(self.columns)

    def encode(self, table: Table) -> array[float]:
        """Float32 codes of the rows, row after row, columns in the model's order; missing is NaN.

        A nullable feature may be left out of a row, or of all; it is missing then.

        Raises:
            InvalidRows: values do not fit; every problem up to `MOST_PROBLEMS`.
        """
        try:
            if isinstance(table, Columns):
                return self._encode_columns(table.values, table.count)
            if len(table) >= MANY:
                return self._encode_columns(self._transposed(table), len(table))
            return self._encode_rows(table)
        except (Misfit, LookupError, TypeError):
            return self._encode_unusual(_rows_of(table) if isinstance(table, Columns) else table)

    def _encode_rows(self, rows: Sequence[Mapping[str, object]]) -> array[float]:
        codecs, width = self._codecs, len(self._codecs)
        codes: array[float] = array("f")
        for row in rows:
            if len(row) != width:
                raise LookupError("a row has other names than the features")
            codes.extend([encode(row[name]) for name, encode in codecs])
        return codes

    def _encode_columns(self, values: Mapping[str, Sequence[object]], count: int) -> array[float]:
        if values.keys() != self._names:
            values = {**dict.fromkeys(self._absent, [None] * count), **values}
        if values.keys() != self._names:
            raise LookupError("there are other columns than the features")
        if self._columns is None:
            from perennial.features.column_codec import column_codec_of

            codecs = zip(self.features, self._codecs, strict=True)
            self._columns = tuple(column_codec_of(one, codec) for one, (_, codec) in codecs)
        width = len(self.features)
        codes: array[float] = array("f", bytes(4 * width * count))
        for place, (feature, encode) in enumerate(zip(self.features, self._columns, strict=True)):
            codes[place::width] = encode(values[feature.name])
        return codes

    def _transposed(self, rows: Sequence[Mapping[str, object]]) -> dict[str, Sequence[object]]:
        """The same by column; quicker where all rows name the features in one order."""
        names = list(rows[0])
        if list(map(list, rows)).count(names) == len(rows):
            return dict(zip(names, zip(*map(_values, rows), strict=True), strict=True))
        if set(map(len, rows)) != {len(self._names)}:
            rows = [{**self._absent, **row} for row in rows]
        if set(map(len, rows)) != {len(self._names)}:
            raise LookupError("a row has other names than the features")
        return {name: [row[name] for row in rows] for name in self._names}

    def _encode_unusual(self, rows: Sequence[Mapping[str, object]]) -> array[float]:
        """The same for rows of which some leave features out or hold what does not fit."""
        codes: array[float] = array("f")
        problems: list[RowProblem] = []
        for number, row in enumerate(rows):
            problems.extend(RowProblem(number, *found) for found in self._take(row, codes))
            if len(problems) >= MOST_PROBLEMS:
                break
        if problems:
            raise InvalidRows(problems[:MOST_PROBLEMS])
        return codes

    def _take(self, row: object, codes: array[float]) -> Iterator[tuple[str, str]]:
        """Append the codes of a row that fits; field and reason of everything wrong in it."""
        if not isinstance(row, Mapping):
            yield "", "must be an object with one member per feature"
            return
        values: list[float] = []
        for feature, (name, encode) in zip(self.features, self._codecs, strict=True):
            if name not in row and not feature.nullable:
                yield name, "is missing"
                continue
            try:
                values.append(encode(row.get(name)))
            except Misfit as misfit:
                yield name, str(misfit)
        for name in row:
            if name not in self._names:
                yield str(name)[:LONGEST_NAME], "is no feature of this model"
        if len(values) == len(self.features):
            codes.extend(self._derived(values))

    def _derived(self, values: list[float]) -> list[float]:
        """What the model sees of the encoded features of a row."""
        return values


def _values(row: Mapping[str, object]) -> Iterator[object]:
    return iter(row.values())


def _rows_of(table: Columns) -> list[dict[str, object]]:
    names = list(table.values)
    if not names:
        return [{} for _ in range(table.count)]
    return [dict(zip(names, row, strict=True)) for row in zip(*table.values.values(), strict=True)]
