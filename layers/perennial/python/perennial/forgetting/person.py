"""Whom to look for: by a pseudonym, so that nobody is told who it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.data.columns import ColumnType
from perennial.data.conversion import convert
from perennial.privacy.pseudonyms import MARK, Pseudonyms
from perennial.spec.privacy import ENTITY

Mask = npt.NDArray[np.bool_]
PREDICTION = "prediction_id"


@dataclass(frozen=True)
class Person:
    """A person, whom values name as they are or by pseudonym.

    Attributes:
        column: what the pseudonym was made for.
        pseudonym: of the person.
        made: makes pseudonyms of what is met, to compare.
        id_column: names rows; in data gathered from predictions, by their predictions.
        entities: whether callers of the endpoint name the person so, as `entity_id`.
        marked: whether the person's own id begins like a pseudonym.
        predictions: ids of what was predicted about the person.
    """

    column: str
    pseudonym: str
    made: Pseudonyms
    id_column: str | None = None
    entities: bool = True
    marked: bool = False
    predictions: frozenset[str] = field(default_factory=frozenset)

    def named_in(self, values: pa.Array | pa.ChunkedArray) -> Mask:
        """Which values are the person's."""
        return _of_values(values, self._is_named)

    def predicted_in(self, values: pa.Array | pa.ChunkedArray) -> Mask:
        """Which values name a prediction about the person."""
        return _of_values(values, self._is_prediction)

    def rows_in(self, table: pa.Table | pa.RecordBatch) -> Mask:
        """Which rows are about the person: by any column that says so."""
        found = np.zeros(table.num_rows, np.bool_)
        for name in columns_that_tell(self, table.schema.names):
            column = table.column(name)
            found |= self.named_in(column) if name in self.names else self.predicted_in(column)
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """The columns whose values may be the person's."""
        return (self.column, ENTITY) if self.entities else (self.column,)

    def _is_named(self, value: str) -> bool:
        """Values that begin like pseudonyms need no hash, unless the person's own id does."""
        if value == self.pseudonym:
            return True
        if value.startswith(MARK) and not self.marked:
            return False
        return self.made.of(value, self.column) == self.pseudonym

    def _is_prediction(self, value: str) -> bool:
        return value in self.predictions


def columns_that_tell(person: Person, names: list[str]) -> list[str]:
    """Those of some columns that may say whose row it is."""
    wanted = [*person.names]
    if person.predictions:
        wanted += [PREDICTION, *([person.id_column] if person.id_column else [])]
    return [name for name in dict.fromkeys(wanted) if name in names]


def _of_values(values: pa.Array | pa.ChunkedArray, is_meant: object) -> Mask:
    assert callable(is_meant)  # noqa: S101 - for the type checker
    if isinstance(values, pa.ChunkedArray):
        parts = [_of_values(one, is_meant) for one in values.chunks]
        return np.concatenate(parts) if parts else np.zeros(0, np.bool_)
    codes = convert(values, ColumnType.CATEGORY).values
    if not pa.types.is_dictionary(codes.type):
        return np.zeros(len(values), np.bool_)
    texts = codes.dictionary.to_pylist()
    meant = np.array([*(one is not None and is_meant(one) for one in texts), False], np.bool_)
    if not meant.any():
        return np.zeros(len(values), np.bool_)
    found: Mask = meant[codes.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)]
    return found
