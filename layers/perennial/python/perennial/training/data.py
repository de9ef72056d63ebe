"""Encoded features and target of one part of the rows, whole or a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.errors import TrainingFailed
from perennial.evaluation.measure import Floats
from perennial.features.columnar import Matrix, encode, most_rows
from perennial.features.encoder import Encoder
from perennial.features.engineered import EngineeredEncoder
from perennial.features.schema import CATEGORY
from perennial.spec import Task
from perennial.training import reweighing
from perennial.training.dataset import Dataset, Target
from perennial.training.recipe import engineered
from perennial.training.split import HOLDOUT, TRAIN, VALIDATION, Parts, rows_of
from perennial.training.spool import Spool

Labels = npt.NDArray[np.int32] | npt.NDArray[np.float64]
NAMES = {TRAIN: "train", VALIDATION: "validation", HOLDOUT: "holdout"}


class TrainingData:
    """A dataset, how it is encoded and how it is divided."""

    def __init__(self, dataset: Dataset, target: Target, parts: Parts) -> None:
        """Bring them together.

        Raises:
            TrainingFailed: a part is empty, or a class has no row to learn from.
        """
        self.dataset = dataset
        self.target = target
        self.parts = parts
        self._spool: Spool | None = None
        self._places: list[int] | None = None  # of the columns in the spool; None: all of them
        for part, name in NAMES.items():
            if not self.rows(part):
                raise TrainingFailed(f"too few rows: nothing is left for the {name} part")
        if target.codes is not None and target.classes is not None:
            seen = len(np.unique(target.codes[parts == TRAIN]))
            if seen < len(target.classes):
                raise TrainingFailed(
                    f"{len(target.classes) - seen} of {len(target.classes)} classes have no row "
                    "in the training part; split at random or leave rare classes out"
                )
        self._engineered = engineered(dataset, target, parts)
        self.encoder: Encoder = self._engineered.encoder
        self._weights: Floats | None = None
        if target.codes is not None and reweighing.asked_for(dataset.spec):
            self._weights = reweighing.weights_of(dataset, target.codes, parts == TRAIN)

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.dataset.spec.task

    @property
    def categories(self) -> list[int]:
        """How many categories each column has, in the encoder's order; 0 for other types."""
        return [len(column.categories or ()) for column in self.encoder.columns]

    @property
    def categorical(self) -> list[bool]:
        """Which columns are categories, in the encoder's order."""
        return [column.type == CATEGORY for column in self.encoder.columns]

    def rows(self, *parts: int) -> int:
        """Rows of the parts together."""
        return int(np.count_nonzero(rows_of(self.parts, *parts)))

    def labels(self, *parts: int) -> Labels:
        """Codes of the classes, or numbers, of the parts' rows in file order."""
        return self.target.values[rows_of(self.parts, *parts)]

    def weights(self, *parts: int) -> Floats | None:
        """What the parts' rows weigh in a fit, in file order; None where all weigh the same."""
        return None if self._weights is None else self._weights[rows_of(self.parts, *parts)]

    def unweighted(self) -> TrainingData:
        """The same rows, which all weigh the same."""
        same = copy(self)
        same._weights = None
        return same

    def keeping(self, columns: Sequence[str]) -> TrainingData:
        """The same rows for a model that sees only some of the columns."""
        self._codes()
        fewer, names = copy(self), [column.name for column in self.encoder.columns]
        if isinstance(self.encoder, EngineeredEncoder):
            fewer.encoder = self.encoder.keeping(columns)
        places = [names.index(column.name) for column in fewer.encoder.columns]
        fewer._places = places if self._places is None else [self._places[one] for one in places]
        return fewer

    def batches(self, *parts: int) -> Iterator[tuple[Matrix, Labels]]:
        """Codes [rows, columns] and target [rows] of the parts, in file order."""
        start = 0
        for codes, chosen in self._codes().read(*parts):
            here = slice(start, start + len(chosen))
            start += len(chosen)
            if len(codes):
                if self._places is not None:
                    codes = np.take(codes, self._places, axis=1)
                yield codes, self.target.values[here][chosen]

    def encoding(self, columns: list[str] | None = None) -> Iterator[tuple[pa.RecordBatch, Parts]]:
        """All rows as they are read, and their parts; once they are through, all are encoded.

        Args:
            columns: to read, among them the features; None for all.
        """
        spool, start, learnt = Spool(len(self.encoder)), 0, 0
        for batch in self._read(columns):
            parts = self.parts[start : start + batch.num_rows]
            start += batch.num_rows
            codes = encode(batch, self.encoder)
            self._engineered.hide(codes, self.encoder, parts == TRAIN, learnt)
            learnt += int(np.count_nonzero(parts == TRAIN))
            spool.add(codes, parts)
            yield batch, parts
        self._spool, self._places = spool, None

    def _read(self, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
        most = most_rows(self.encoder)
        for batch in self.dataset.batches(columns):
            size = most or max(batch.num_rows, 1)
            yield from (batch.slice(at, size) for at in range(0, batch.num_rows, size))

    def _codes(self) -> Spool:
        if self._spool is None:
            for _ in self.encoding([feature.name for feature in self.encoder.features]):
                pass
        assert self._spool is not None  # noqa: S101 - for the type checker
        return self._spool

    def matrix(self, *parts: int) -> Matrix:
        """Codes of all rows of the parts: for estimators that need them at once."""
        whole: Matrix = np.empty((self.rows(*parts), len(self.encoder)), dtype=np.float32)
        start = 0
        for codes, _ in self.batches(*parts):
            whole[start : start + len(codes)] = codes
            start += len(codes)
        return whole
