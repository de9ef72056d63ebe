"""Held-out rows that the version in service was fitted on: on those it looks better than it is."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from perennial.data.duplicates import Hashes, mix, seeds
from perennial.data.text_hashes import text_hashes
from perennial.evaluation.inputs import BATCH
from perennial.evaluation.measure import Truths
from perennial.registry.objects import ObjectStore

_NULL = np.uint64(0x5EED0F0F0F0F5EED)  # of no number that is likely to occur


@dataclass(frozen=True, slots=True)
class FittedOn:
    """Where the data of a version lies.

    Attributes:
        dataset_uri: everything its run was given.
        holdout_uri: what of it was kept out of fitting.
    """

    dataset_uri: str
    holdout_uri: str


def familiar_rows(
    holdout: Path, columns: Sequence[str], fitted: FittedOn, store: ObjectStore
) -> Truths | None:
    """Which held-out rows a version was fitted on: [rows]; None where that cannot be told.

    Rows are compared by a 64-bit hash of the given columns. A row counts as fitted on when the
    version's dataset has more copies of it than its own holdout.

    Args:
        holdout: the rows in question, a Parquet file.
        columns: what makes rows equal: features and target.
        fitted: the version's data.
        store: holds it.

    Raises:
        Unavailable: the store does not answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        dataset, kept_out = Path(folder) / "dataset", Path(folder) / "kept-out"
        try:
            store.download(fitted.dataset_uri, dataset)
            store.download(fitted.holdout_uri, kept_out)
            asked = _hashes(holdout, columns)
            copies = _copies(_hashes(dataset, columns))
            spared = _copies(_hashes(kept_out, columns))
        except (FileNotFoundError, KeyError, pa.ArrowException):
            return None
    return _count(asked, *copies) > _count(asked, *spared)


def _hashes(path: Path, columns: Sequence[str]) -> Hashes:
    """A hash of each row.

    Raises:
        KeyError: the file has not all of the columns.
        pa.ArrowException: it is no Parquet file.
    """
    with pq.ParquetFile(path) as file:
        missing = set(columns) - set(file.schema_arrow.names)
        if missing:
            raise KeyError(*missing)
        parts = [_of(batch) for batch in file.iter_batches(BATCH, columns=list(columns))]
    return np.concatenate(parts) if parts else seeds(0)


def _of(batch: pa.RecordBatch) -> Hashes:
    hashes = seeds(batch.num_rows)
    scratch = np.empty_like(hashes)
    for name in sorted(batch.schema.names):
        mix(hashes, _bits(batch.column(name)), scratch)
    return hashes


def _bits(column: pa.Array) -> Hashes:
    """64 bits that are equal for equal values, whether a column holds integers or fractions."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type):
        bits = text_hashes(column)
    elif pa.types.is_timestamp(column.type):
        whole = column.cast(pa.timestamp("us", tz=column.type.tz)).cast(pa.int64())
        bits = pc.fill_null(whole, 0).to_numpy(zero_copy_only=False).view(np.uint64)
    else:
        numbers = pc.fill_null(column.cast(pa.float64(), safe=False), 0.0)
        bits = (numbers.to_numpy(zero_copy_only=False) + 0.0).view(np.uint64)
    return np.where(column.is_valid().to_numpy(zero_copy_only=False), bits, _NULL)


def _copies(hashes: Hashes) -> tuple[Hashes, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    found, counts = np.unique(hashes, return_counts=True)
    return found, counts.astype(np.int64)


def _count(
    asked: Hashes, found: Hashes, counts: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """How often each of the asked was found: [rows]."""
    if not len(found):
        return np.zeros(len(asked), np.int64)
    place = np.minimum(np.searchsorted(found, asked), len(found) - 1)
    return np.where(found[place] == asked, counts[place], 0)
