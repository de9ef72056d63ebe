"""What a window holds of one column of labels: counted under the labels of its reference."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.data.profile import LABEL_BUCKETS, CategoryProfile, label_bucket
from perennial.labels import canonical

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
UNLISTED_KEPT = 10_000  # different labels the reference does not list


@dataclass(frozen=True, slots=True)
class LabelReference:
    """A profile in the form windows are counted in: its labels, then all others as one."""

    profile: CategoryProfile
    labels: tuple[str, ...]

    @classmethod
    def of(cls, profile: CategoryProfile) -> LabelReference:
        """The reference for a profile."""
        return cls(profile, tuple(profile.counts))

    @property
    def complete(self) -> bool:
        """Whether the profile lists every label there was: else none can be called unseen."""
        return self.profile.other == 0


@dataclass(slots=True)
class LabelWindow:
    """Counts of the labels seen so far."""

    reference: LabelReference
    rows: int = 0
    nulls: int = 0
    misfits: int = 0  # rows of another type than labels have
    unlisted: Counter[str] = field(default_factory=Counter)  # the first few, by label
    counts: Counts = field(init=False)  # of the labels of the reference, then of all others
    buckets: Counts = field(init=False)  # of all labels, where the profile is by bucket
    _places: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros(len(self.reference.labels) + 1, np.int64)
        self.buckets = np.zeros(LABEL_BUCKETS, np.int64)
        self._places = {label: place for place, label in enumerate(self.reference.labels)}

    @property
    def count(self) -> int:
        """Rows with a label."""
        return int(self.counts.sum())

    @property
    def unseen(self) -> int:
        """Rows with a label that the reference never had; none where it does not know."""
        return int(self.counts[-1]) if self.reference.complete else 0

    def compared(self) -> tuple[Floats, Floats] | None:
        """Rows of the reference and of the window [labels or buckets]; None: cannot be compared.

        Labels the reference does not know stand for themselves. Taken for one they would seem
        to have come up in the window only, as they must when each of them is rare.
        """
        profile = self.reference.profile
        if not self.reference.complete:
            if profile.hashed is None:
                return None
            return np.array(profile.hashed, np.float64), self.buckets.astype(np.float64)
        singles = list(self.unlisted.values())
        beyond = int(self.counts[-1]) - sum(singles)
        singles += [beyond] if beyond else []
        known = np.array(list(profile.counts.values()), np.float64)
        return (
            np.concatenate([known, np.zeros(len(singles))]),
            np.concatenate([self.counts[:-1], singles]).astype(np.float64),
        )

    def absent(self, rows: int) -> None:
        """Take rows that have no such column."""
        self.rows += rows
        self.nulls += rows

    def add(self, column: pa.Array) -> None:
        """Take the rows of a batch."""
        coded = _coded(column)
        if coded is None:
            self.misfits += len(column) - column.null_count
            self.absent(len(column))
            return
        self.rows += len(coded)
        found = coded.indices.drop_null() if coded.indices.null_count else coded.indices
        texts = coded.dictionary.to_pylist()
        by_code = np.bincount(found.to_numpy(zero_copy_only=False), minlength=len(texts))
        before = self.count
        for text, rows in zip(texts, by_code.tolist(), strict=True):
            if rows and text is not None:
                self._take(text, rows)
        self.nulls += len(coded) - (self.count - before)

    def merge(self, other: LabelWindow) -> None:
        """Take what another window of the same reference holds."""
        self.rows += other.rows
        self.nulls += other.nulls
        self.misfits += other.misfits
        self.counts += other.counts
        self.buckets += other.buckets
        for label, rows in other.unlisted.items():
            self._remember(label, rows)

    def _take(self, text: str, rows: int) -> None:
        label = text if text in self._places else canonical(text)
        place = self._places.get(label, -1)
        self.counts[place] += rows
        if not self.reference.complete:
            self.buckets[label_bucket(label)] += rows
        elif place < 0:
            self._remember(label, rows)

    def _remember(self, label: str, rows: int) -> None:
        if label in self.unlisted or len(self.unlisted) < UNLISTED_KEPT:
            self.unlisted[label] += rows


def _coded(column: pa.Array) -> pa.DictionaryArray | None:
    """Labels as codes; None where the column can hold none."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column if pa.types.is_string(kind.value_type) else _coded(column.dictionary_decode())
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "true", "false").dictionary_encode()
    if pa.types.is_integer(kind) or pa.types.is_null(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.string()).dictionary_encode()
    return column.dictionary_encode() if pa.types.is_string(kind) else None
