"""Examines one column chunk by chunk: converts, checks against the spec, profiles."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.data.category_profiler import CategoryProfiler
from perennial.data.columns import CODES, Column, ColumnType, Role
from perennial.data.conversion import convert
from perennial.data.csv_reader import Chunk
from perennial.data.duplicates import RepeatCounter
from perennial.data.notes import BEYOND_DOUBLE, Mask, Notes
from perennial.data.number_profiler import NumberProfiler
from perennial.data.problems import ProblemKind, Problems, Severity
from perennial.data.profile import CategoryProfile, NumberProfile
from perennial.data.text_hashes import text_hashes
from perennial.data.vocabulary import MISSING, OVERFLOW, Vocabulary
from perennial.labels import spelling
from perennial.report import short

LARGEST_INTEGER = 2**53  # beyond, a double and a JSON number no longer hold it exactly
_NAMED = {Role.TARGET: "the target", Role.ID: "the identifier", Role.TIME: "the time"}


@dataclass(frozen=True, slots=True)
class Examined:
    """A chunk of one column: for the snapshot, for hashing and for statistics."""

    array: pa.Array  # of the column's Arrow type
    bits: npt.NDArray[np.uint64] | None  # equal for equal values; None for identifiers
    numbers: npt.NDArray[np.float64] | None  # NaN for null; codes for categories


@dataclass(slots=True)
class Examination:
    """What is known about one column so far."""

    column: Column
    profiled: bool = True
    notes: Notes = field(init=False)
    vocabulary: Vocabulary = field(init=False)
    numbers: NumberProfiler = field(default_factory=NumberProfiler)
    categories: CategoryProfiler = field(default_factory=CategoryProfiler)
    identifiers: RepeatCounter = field(default_factory=RepeatCounter)
    type: ColumnType = field(init=False)  # of a time column, what the data made of it
    _allowed: frozenset[str] | None = field(init=False)

    def __post_init__(self) -> None:
        self.notes = Notes(self.column)
        known = self.column.categories or ()
        self.type = self.column.type
        self.vocabulary = Vocabulary(spelling(known))
        self._allowed = frozenset(known) if self.column.categories is not None else None

    def add(self, chunk: Chunk) -> Examined:
        """Examine the rows of a chunk."""
        raw = chunk.table.column(self.column.name)
        if self.coded:
            return self._coded(raw, chunk)
        joined = raw.combine_chunks() if raw.num_chunks != 1 else raw.chunk(0)
        converted = convert(joined, self.type)
        self.notes.note_misfits(converted, chunk)
        if self.type is ColumnType.TIME:
            is_number = pa.types.is_floating(converted.values.type)
            self.type = ColumnType.NUMBER if is_number else ColumnType.TIMESTAMP
        if self.type is ColumnType.TEXT:
            return self._text(converted.values, chunk)
        return self._numeric(converted.values, chunk)

    @property
    def problems(self) -> Problems:
        """What is wrong with the column's values so far."""
        return self.notes.problems

    @property
    def coded(self) -> bool:
        """Whether the column's values are labels."""
        return self.type in (ColumnType.CATEGORY, ColumnType.BOOLEAN)

    def profile(self, sample: npt.NDArray[np.float64]) -> NumberProfile | CategoryProfile:
        """The column's profile; `sample` holds values of even steps through the column."""
        if self.coded:
            return self.categories.profile(self.vocabulary.texts)
        return self.numbers.profile(sample)

    def _numeric(self, values: pa.Array, chunk: Chunk) -> Examined:
        numbers = _as_floats(values)
        finite = np.isfinite(numbers)
        good = int(np.count_nonzero(finite))
        if good + values.null_count != len(numbers):
            odd = ~finite & values.is_valid().to_numpy(zero_copy_only=False)
            self.notes.note(ProblemKind.NOT_FINITE, odd, chunk, "a value that is not finite")
            values = pc.if_else(pa.array(odd), pa.scalar(None, values.type), values)
        self._check_range(numbers, values, chunk)
        self._check_nulls(values, chunk)
        if self.profiled:
            kept = numbers if good == len(numbers) else numbers[finite]
            self.numbers.add(kept, len(numbers) - good)
        bits = (numbers + 0.0).view(np.uint64)  # minus zero becomes zero
        return Examined(values, bits, numbers)

    def _check_range(
        self, numbers: npt.NDArray[np.float64], values: pa.Array, chunk: Chunk
    ) -> None:
        extremes = pc.min_max(values)
        low, high = (_number(extremes[end]) for end in ("min", "max"))
        column = self.column
        if low is None or high is None:
            return
        if column.minimum is not None and low < column.minimum:
            expected = f"a value below the minimum of {short(column.minimum)}"
            self.notes.note(ProblemKind.BELOW_MINIMUM, numbers < column.minimum, chunk, expected)
        if column.maximum is not None and high > column.maximum:
            expected = f"a value above the maximum of {short(column.maximum)}"
            self.notes.note(ProblemKind.ABOVE_MAXIMUM, numbers > column.maximum, chunk, expected)
        if self.type is ColumnType.INTEGER and max(-low, high) > LARGEST_INTEGER:
            beyond = np.abs(numbers) > LARGEST_INTEGER
            self.notes.note(ProblemKind.TOO_LARGE, beyond, chunk, BEYOND_DOUBLE)

    def _coded(self, raw: pa.ChunkedArray, chunk: Chunk) -> Examined:
        parts = []
        for place, piece in enumerate(raw.chunks):
            converted = convert(piece, self.type)
            if converted.misfits:
                before = sum(len(earlier) for earlier in raw.chunks[:place])
                self.notes.note_misfits(converted, chunk, before)
            parts.append(_dictionary(converted.values))
        codes = self.vocabulary.codes(parts)
        codes = self._check_categories(codes, chunk)
        nulls = codes == MISSING
        array = pa.DictionaryArray.from_arrays(
            pa.array(codes, mask=codes < 0), self.vocabulary.dictionary()
        )
        self._check_nulls(array, chunk, nulls)
        self.categories.add(codes)
        if self.type is ColumnType.BOOLEAN:
            array = pc.equal(array.dictionary_decode(), "true")
        numbers = codes.astype(np.float64)
        return Examined(array, codes.astype(np.int64).view(np.uint64), numbers)

    def _check_categories(
        self, codes: npt.NDArray[np.int32], chunk: Chunk
    ) -> npt.NDArray[np.int32]:
        """Notes categories that are not allowed; those that count as missing become so."""
        if self.vocabulary.overflowed:
            self.notes.note(
                ProblemKind.TOO_MANY_CATEGORIES,
                codes == OVERFLOW,
                chunk,
                f"more than {len(self.vocabulary.texts):,} different values; "
                "is it an identifier or free text?",
            )
        if self._allowed is None:
            return codes
        texts = self.vocabulary.texts
        known = np.array([*(text in self._allowed for text in texts), True, True])
        if known.all():
            return codes
        unseen = ~known[codes]  # -1 and -2 are the last two places
        if not unseen.any():
            return codes
        severity = Severity.WARNING if self.column.unseen_is_missing else Severity.ERROR
        self.notes.note(
            ProblemKind.UNSEEN_CATEGORY,
            unseen,
            chunk,
            "a category the spec does not list",
            severity,
        )
        if self.column.unseen_is_missing:
            self.notes.excuse(chunk, unseen)
            return np.where(unseen, np.int32(MISSING), codes)
        return codes

    def _text(self, values: pa.Array, chunk: Chunk) -> Examined:
        self._check_nulls(values, chunk)
        if self.column.role is Role.FEATURE:
            return self._prose(values)
        self.identifiers.add(text_hashes(values.drop_null()))
        return Examined(values, None, None)

    def _prose(self, values: pa.Array) -> Examined:
        """A text people wrote is known by its length alone: no report may show what it says."""
        lengths = _as_floats(pc.utf8_length(values))
        self.numbers.add(lengths[~np.isnan(lengths)], values.null_count)
        bits = text_hashes(values.fill_null("")) + values.is_null().to_numpy(zero_copy_only=False)
        return Examined(values, bits, lengths)

    def _check_nulls(self, values: pa.Array, chunk: Chunk, mask: Mask | None = None) -> None:
        nulls = int(np.count_nonzero(mask)) if mask is not None else values.null_count
        if not nulls or self.column.nullable:
            return
        if mask is None:
            mask = values.is_null().to_numpy(zero_copy_only=False)
        what = _NAMED.get(self.column.role, "a value that is not nullable")
        rows = self.notes.unexcused(chunk, mask)
        self.notes.note(ProblemKind.NULL, rows, chunk, f"{what} is missing")


def _as_floats(values: pa.Array) -> npt.NDArray[np.float64]:
    """Numbers as they are, times as seconds since the epoch; NaN for null."""
    if pa.types.is_timestamp(values.type):
        return _as_floats(values.cast(pa.int64())) / 1e6
    floats = values if pa.types.is_float64(values.type) else values.cast(pa.float64(), safe=False)
    found: npt.NDArray[np.float64] = floats.to_numpy(zero_copy_only=False)
    return found


def _number(scalar: pa.Scalar) -> float | None:
    value = scalar.as_py()
    return value if isinstance(value, int | float) else None


def _dictionary(values: pa.Array) -> pa.DictionaryArray:
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, "true", "false").dictionary_encode()
    return values if values.type == CODES else values.dictionary_encode()
