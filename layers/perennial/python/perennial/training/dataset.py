"""The dataset on disk, read a batch at a time: never more of it in memory than one batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from perennial.errors import TrainingFailed
from perennial.features.schema import FeatureSchema
from perennial.spec import FeatureType, ModelSpec, Task

BATCH = 65_536  # rows


class Dataset:
    """A validated Parquet file and the spec it was validated against."""

    def __init__(self, path: Path, spec: ModelSpec) -> None:
        """Open the file.

        Raises:
            TrainingFailed: it is no Parquet file, or lacks a column of the spec.
        """
        self.path = path
        self.spec = spec
        try:
            with pq.ParquetFile(path) as file:
                self.rows: int = file.metadata.num_rows
                self.schema: pa.Schema = file.schema_arrow
        except pa.ArrowException as error:
            raise TrainingFailed("the dataset is not a Parquet file") from error
        absent = [name for name in (*spec.features, spec.target) if name not in self.schema.names]
        if absent:
            raise TrainingFailed(f"the dataset lacks the columns {', '.join(absent)}")

    def check_digest(self, expected: str) -> None:
        """Hold the file's bytes to the digest they are known by.

        Raises:
            TrainingFailed: they have another.
        """
        with self.path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                raise TrainingFailed(f"the dataset does not have the digest {expected[:12]}…")

    def batches(self, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in file order; all columns, or those named."""
        with pq.ParquetFile(self.path) as file:
            yield from file.iter_batches(BATCH, columns=columns)

    def column(self, name: str) -> pa.ChunkedArray:
        """One whole column."""
        with pq.ParquetFile(self.path) as file:
            return file.read(columns=[name]).column(0)

    def times(self) -> npt.NDArray[np.float64] | None:
        """The time column as numbers that keep its order; None when the spec names none."""
        if self.spec.time_column is None:
            return None
        column = self.column(self.spec.time_column)
        if pa.types.is_temporal(column.type):
            column = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
        # A row without a time is taken for the oldest: it can then leak nothing into training.
        filled = column.cast(pa.float64(), safe=False).fill_null(-np.inf)
        return np.asarray(filled.to_numpy(), dtype=np.float64)

    def features(self) -> tuple[FeatureSchema, ...]:
        """The features as the artifact states them, with the categories the data decided on."""
        return tuple(
            FeatureSchema(
                name,
                feature.type.value,
                nullable=feature.nullable,
                minimum=feature.minimum,
                maximum=feature.maximum,
                categories=self._categories(name, feature.categories)
                if feature.type is FeatureType.CATEGORY
                else None,
                unseen=feature.unseen.value,
            )
            for name, feature in self.spec.features.items()
        )

    def _categories(self, name: str, named: tuple[str, ...] | None) -> tuple[str, ...]:
        if named is not None:
            return named
        return tuple(sorted(_texts(self.column(name))))

    def target(self) -> Target:
        """What is to be predicted.

        Raises:
            TrainingFailed: a value is missing, or the classes do not fit the task.
        """
        column = self.column(self.spec.target)
        if column.null_count:
            raise TrainingFailed("the target has missing values")
        if self.spec.task is Task.REGRESSION:
            numbers = np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
            if not np.isfinite(numbers).all():
                raise TrainingFailed("the target has values that are not finite numbers")
            return Target(None, numbers)
        labels = _ordered(_texts(column), self.spec)
        codes = pc.index_in(column.cast(pa.string()), pa.array(labels, pa.string()))
        return Target(labels, codes.to_numpy().astype(np.int32))


class Target:
    """The target column, ready to fit."""

    __slots__ = ("classes", "values")

    def __init__(
        self,
        classes: tuple[str, ...] | None,
        values: npt.NDArray[np.int32] | npt.NDArray[np.float64],
    ) -> None:
        """Args: classes: the labels; values: their codes by row, or the numbers of a regression."""
        self.classes = classes
        self.values = values

    @property
    def codes(self) -> npt.NDArray[np.int32] | None:
        """Codes of the classes by row; None of a regression."""
        return self.values.astype(np.int32, copy=False) if self.classes else None


def _texts(column: pa.ChunkedArray) -> list[str]:
    """The different labels of a column, without the missing one."""
    return [text for text in pc.unique(column.cast(pa.string())).to_pylist() if text is not None]


def _ordered(labels: list[str], spec: ModelSpec) -> tuple[str, ...]:
    """Sorted; for a binary task the negative label first."""
    if len(labels) < 2:
        raise TrainingFailed("the target has one class only; there is nothing to tell apart")
    if spec.task is Task.MULTICLASS:
        return tuple(sorted(labels))
    if len(labels) > 2:
        raise TrainingFailed(f"a binary task needs two classes; the target has {len(labels)}")
    if spec.positive_class not in labels:
        raise TrainingFailed("positive_class is no label of the target")
    return tuple(sorted(labels, key=lambda label: label == spec.positive_class))
