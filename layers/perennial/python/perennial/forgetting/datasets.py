"""Takes a person's rows out of a dataset, and out of the sample that lies beside it."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from perennial.forgetting.files import write_others
from perennial.forgetting.person import Mask
from perennial.forgetting.records import TOMBSTONE, Removal, Tombstone
from perennial.registry import layout
from perennial.registry.stored import Stored, VersionedStore

_PARQUET = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Request:
    """A request to forget, as far as it is kept.

    Attributes:
        model: whose data is gone through.
        request_id: names the request.
        at: when it was made, ISO 8601, UTC.
        subject: a keyed hash of the person.
    """

    model: str
    request_id: str
    at: str
    subject: str


def remove_from_dataset(
    stored: Stored, path: Path, rows: Mask, request: Request, store: VersionedStore
) -> None:
    """Write dataset and sample without some rows; a tombstone says so before it is done.

    The sample bears no ids: the rows that go are those equal to one that goes from the data.

    Args:
        stored: the data as it was read.
        path: its bytes.
        rows: those to remove.
        request: why.
        store: holds everything.

    Raises:
        Changed: something was replaced meanwhile; nothing is lost, and it may be tried again.
    """
    prefix = stored.uri.removesuffix(layout.DATA)
    with tempfile.TemporaryDirectory(prefix="perennial-") as name:
        folder = Path(name)
        write_others(path, rows, folder / "others")
        _remove_from_sample(prefix, path, rows, store, folder)
        digest = _digest(folder / "others")
        removal = Removal(request.request_id, request.at, int(rows.sum()), request.subject, digest)
        _mark(prefix, request.model, removal, store, folder)
        store.replace(stored.uri, folder / "others", _PARQUET, stored.etag)


def tombstones(prefix: str, store: VersionedStore, folder: Path) -> list[tuple[Stored, Tombstone]]:
    """The tombstones below a prefix."""
    found = []
    for one in store.versions(prefix):
        if one.latest and one.uri.endswith("/" + TOMBSTONE):
            store.fetch(one, folder / TOMBSTONE)
            found.append((one, Tombstone.from_json((folder / TOMBSTONE).read_bytes())))
    return found


def _mark(prefix: str, model: str, removal: Removal, store: VersionedStore, folder: Path) -> None:
    known = tombstones(prefix, store, folder)
    digest = prefix.rstrip("/").rpartition("/")[2]
    etag, tombstone = None, Tombstone(model, digest)
    for stored, found in known:
        etag, tombstone = stored.etag, found
    if removal in tombstone.removals:
        return  # an earlier attempt came this far
    (folder / TOMBSTONE).write_bytes(tombstone.with_removal(removal).to_json())
    store.replace(prefix + TOMBSTONE, folder / TOMBSTONE, "application/json", etag)


def _remove_from_sample(
    prefix: str, data: Path, rows: Mask, store: VersionedStore, folder: Path
) -> None:
    versions = list(store.versions(prefix + layout.SAMPLE))
    for stored in versions:
        path, others = folder / "sample", folder / "sample-others"
        store.fetch(stored, path)
        equal = _equal_rows(path, data, rows)
        if not equal.any():
            continue
        if stored.latest:
            write_others(path, equal, others)
            store.replace(stored.uri, others, _PARQUET, stored.etag)
        store.remove(stored)


def _equal_rows(sample: Path, data: Path, rows: Mask) -> Mask:
    """Which rows of a sample equal, in all its columns, one of some rows of the data."""
    with pq.ParquetFile(sample) as file:
        kept, columns = file.read(), file.schema_arrow.names
    removed = pq.read_table(data, columns=columns).filter(pa.array(rows))
    gone = {tuple(map(repr, row.values())) for row in removed.to_pylist()}
    return np.array([tuple(map(repr, row.values())) in gone for row in kept.to_pylist()], np.bool_)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
