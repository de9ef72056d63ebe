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
    from perennial.features.columns import Table

__all__ = ["MOST_PROBLEMS", "Encoder", "FeatureSchema"]

MOST_PROBLEMS = 100  # of one request; more would not help the caller
LONGEST_NAME = 128  # of a column; what is longer came from the caller and is cut


class Encoder:
    """The features of one model, in order, ready to encode."""

    __slots__ = ("_codecs", "_names", "features")

    def __init__(self, features: Sequence[FeatureSchema]) -> None:
        self.features = tuple(features)
        self._codecs = tuple((feature.name, codec_of(feature)) for feature in features)
        self._names = frozenset(feature.name for feature in features)

    def __len__(self) -> int:
        """Numbers per row."""
        return len(self.features)

    def encode(self, table: Table) -> array[float]:
        """Float32 codes of the rows, row after row, features in the model's order; missing is NaN.

        A nullable feature may be left out of a row, or of all; it is missing then.

        Raises:
            InvalidRows: values do not fit; every problem up to `MOST_PROBLEMS`.
        """
        rows = _rows_of(table) if isinstance(table, Columns) else table
        codecs, width = self._codecs, len(self._codecs)
        codes: array[float] = array("f")
        try:
            for row in rows:
                if len(row) != width:
                    return self._encode_unusual(rows)
                codes.extend([encode(row[name]) for name, encode in codecs])
        except (Misfit, LookupError, TypeError):
            return self._encode_unusual(rows)
        return codes

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
        """Append the codes of a row; field and reason of everything wrong in it."""
        if not isinstance(row, Mapping):
            yield "", "must be an object with one member per feature"
            return
        for feature, (name, encode) in zip(self.features, self._codecs, strict=True):
            if name not in row and not feature.nullable:
                yield name, "is missing"
                continue
            try:
                codes.append(encode(row.get(name)))
            except Misfit as misfit:
                yield name, str(misfit)
        for name in row:
            if name not in self._names:
                yield str(name)[:LONGEST_NAME], "is no feature of this model"


def _rows_of(table: Columns) -> list[dict[str, object]]:
    names = list(table.values)
    if not names:
        return [{} for _ in range(table.count)]
    return [dict(zip(names, row, strict=True)) for row in zip(*table.values.values(), strict=True)]
