"""Guesses what a column of texts holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.data.columns import ColumnType
from perennial.data.conversion import convert
from perennial.spec import ModelSpec

DEFAULT_MARKERS: tuple[str, ...] = ModelSpec.model_fields["missing_markers"].default
# What else people write for "nothing", beyond the markers a spec knows by default.
SUSPECTED_MARKERS = (
    " ", "?", "-", "--", ".", "#N/A", "n/a", "na", "none", "NONE", "nil", "missing", "\\N", "<NA>",
)  # fmt: skip
_ODD_SHARE = 0.05  # of the values that may be no numbers in a column of numbers


@dataclass(frozen=True, slots=True)
class Guess:
    """A column: its likely type, its values brought to it, and what seems to mean nothing."""

    name: str
    type: ColumnType
    values: pa.Array  # of the type guessed; null where missing
    texts: pa.Array  # as in the file; null where missing
    markers: tuple[str, ...]  # suspected missing markers met here
    misfits: int  # values that are neither of the type nor a marker
    distinct: int

    @property
    def nulls(self) -> int:
        """Missing values."""
        return int(self.texts.null_count)

    @property
    def rows(self) -> int:
        """All values, missing ones too."""
        return len(self.texts)

    @property
    def numeric(self) -> bool:
        """Whether the values have an order."""
        return self.type in (ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.TIMESTAMP)

    def floats(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Values as numbers (NaN for missing), or codes of the texts."""
        if self.type is ColumnType.TIMESTAMP:
            numbers = self.values.cast(pa.int64()).cast(pa.float64())
        elif self.numeric:
            numbers = self.values.cast(pa.float64(), safe=False)
        else:
            numbers = self.texts.dictionary_encode().indices.cast(pa.float64()).fill_null(-1.0)
        found: np.ndarray[tuple[int], np.dtype[np.float64]] = numbers.to_numpy(zero_copy_only=False)
        return found


def guess(name: str, texts: pa.Array) -> Guess:
    """The likeliest type of a column of texts."""
    texts = _without(texts, DEFAULT_MARKERS)
    present = pc.unique(texts.drop_null())
    found = tuple(marker for marker in SUSPECTED_MARKERS if pc.index(present, marker).as_py() >= 0)
    cleaned = _without(texts, found)
    kind, values, misfits = _typed(cleaned)
    if kind is ColumnType.CATEGORY and found:
        # Among other texts a dash or a question mark may be a category of its own.
        found = tuple(marker for marker in found if not marker.strip())
        cleaned = _without(texts, found)
        values = cleaned
    distinct = len(pc.unique(cleaned.drop_null()))
    return Guess(name, kind, values, cleaned, found, misfits, distinct)


def _without(texts: pa.Array, markers: tuple[str, ...]) -> pa.Array:
    if not markers:
        return texts
    missing = pc.is_in(texts, pa.array(markers, pa.string()))
    return pc.if_else(missing, pa.scalar(None, pa.string()), texts)


def _typed(texts: pa.Array) -> tuple[ColumnType, pa.Array, int]:
    present = len(texts) - texts.null_count
    if not present:
        return ColumnType.NUMBER, pa.nulls(len(texts), pa.float64()), 0
    for kind in (ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.TIMESTAMP):
        converted = convert(texts, kind)
        misfits = sum(pc.sum(mask).as_py() or 0 for _, mask in converted.misfits)
        # Dates of which some cannot be read are likelier than texts of which some look like one.
        if misfits <= (0 if kind is ColumnType.INTEGER else _ODD_SHARE * present):
            return kind, converted.values, misfits
    words = {text.lower() for text in pc.unique(texts.drop_null()).slice(0, 10).to_pylist()}
    if words <= {"true", "false"}:
        return ColumnType.BOOLEAN, convert(texts, ColumnType.BOOLEAN).values, 0
    return ColumnType.CATEGORY, texts, 0
