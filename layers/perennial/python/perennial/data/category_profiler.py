"""Builds the profile of a column of labels chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from perennial.data.bins import Counts
from perennial.data.profile import LABEL_BUCKETS, CategoryProfile, label_bucket
from perennial.data.vocabulary import Codes

MAXIMUM_LABELS = 200


@dataclass(slots=True)
class CategoryProfiler:
    """How often each code came up, and what has none: memory follows the labels, not the rows."""

    nulls: int = 0
    counts: Counts = field(default_factory=lambda: np.zeros(0, np.int64))
    beyond: int = 0  # rows with labels that have no code of their own

    def add(self, codes: Codes) -> None:
        """Count the codes of a chunk; -1 is null, -2 a label beyond the limit."""
        found = np.bincount(codes + 2, minlength=2)
        self.beyond += int(found[0])
        self.nulls += int(found[1])
        if len(found) - 2 > len(self.counts):
            self.counts = np.pad(self.counts, (0, len(found) - 2 - len(self.counts)))
        self.counts[: len(found) - 2] += found[2:]

    def profile(self, texts: Sequence[str]) -> CategoryProfile:
        """What was found, under the texts the codes stand for."""
        order = np.argsort(-self.counts, kind="stable")
        order = order[self.counts[order] > 0]
        return CategoryProfile(
            rows=int(self.counts.sum()) + self.nulls + self.beyond,
            nulls=self.nulls,
            distinct=len(order),
            counts={texts[code]: int(self.counts[code]) for code in order[:MAXIMUM_LABELS]},
            other=int(self.counts[order[MAXIMUM_LABELS:]].sum()) + self.beyond,
            hashed=self._hashed(texts) if len(order) > MAXIMUM_LABELS and not self.beyond else None,
        )

    def _hashed(self, texts: Sequence[str]) -> tuple[int, ...]:
        buckets = np.array([label_bucket(text) for text in texts[: len(self.counts)]])
        rows = np.bincount(buckets, weights=self.counts, minlength=LABEL_BUCKETS)
        return tuple(rows.astype(np.int64).tolist())
