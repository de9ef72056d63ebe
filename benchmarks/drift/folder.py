"""A window of captured predictions as files on this disk, and a store that reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from perennial.capture.columns import schema_of
from perennial.registry.files import Listed, Stat
from perennial.registry.layout import capture_key, uri
from perennial.spec import ModelSpec

from benchmarks.drift.columns import LEVELS, NUMBERS, drawn
from benchmarks.drift.ours import predicted

BUCKET, MODEL = "bench", "drift"
START = datetime(2026, 11, 20, tzinfo=UTC)
END = START + timedelta(days=1)
_FILE = 100_000  # rows; about what a minute of busy traffic leaves
_FILES_PER_HOUR = 5

SPEC = ModelSpec.model_validate(
    {
        "name": MODEL,
        "task": "regression",
        "target": "y",
        "features": {
            **{name: {"type": "number"} for name in NUMBERS},
            **{name: {"type": "category"} for name in LEVELS},
        },
    }
)


class Folder:
    """`perennial.registry.files.Files` of a folder, as far as reading captures asks for it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, location: str) -> bytes:
        return self._path(location).read_bytes()

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        folder = self._path(prefix.rpartition("/")[0])
        for path in sorted(folder.rglob("*.parquet")):
            location = uri(BUCKET, path.relative_to(self._root).as_posix())
            if location > after and location.startswith(prefix):
                yield Listed(location, path.stat().st_size)

    def folders(self, prefix: str) -> Iterator[str]:
        folder = self._path(prefix)
        if folder.is_dir():
            yield from (f"{prefix}{one.name}/" for one in sorted(folder.iterdir()) if one.is_dir())

    def _path(self, location: str) -> Path:
        return self._root / location.removeprefix(f"s3://{BUCKET}/")

    def open(self, location: str, version_id: str | None = None) -> BinaryIO:
        raise NotImplementedError

    def write(self, location: str, body: bytes, content_type: str, *, once: bool = False) -> None:
        raise NotImplementedError

    def upload(self, path: Path, location: str, content_type: str, *, once: bool = False) -> None:
        raise NotImplementedError

    def download(self, location: str, path: Path, version_id: str | None = None) -> None:
        raise NotImplementedError

    def exists(self, location: str) -> bool:
        return self._path(location).is_file()

    def stat(self, location: str, version_id: str | None = None) -> Stat:
        raise NotImplementedError

    def read_range(
        self, location: str, start: int, size: int, version_id: str | None = None
    ) -> bytes:
        raise NotImplementedError

    def pour(self, pieces: Iterable[bytes], location: str, content_type: str) -> None:
        raise NotImplementedError

    def copy(self, source: str, target: str) -> None:
        raise NotImplementedError


def captures(rows: int, root: Path) -> Path:
    """Captured predictions of so many rows below `root`, made once; returns the folder."""
    folder = root / f"captures-{rows}"
    if not (folder / "done").is_file():
        random = np.random.default_rng(1)
        for number, first in enumerate(range(0, rows, _FILE)):
            table = _captured(random, first, min(_FILE, rows - first), number)
            hour = START + timedelta(hours=min(23, number // _FILES_PER_HOUR))
            path = folder / capture_key(MODEL, 1, f"{hour:%Y-%m-%dT%H}", f"{number:06d}")
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, path, compression="zstd")
        (folder / "done").touch()
    return folder


def _captured(random: np.random.Generator, first: int, rows: int, number: int) -> pa.Table:
    columns = drawn(random, rows)
    schema = schema_of(SPEC)
    request = [f"{number:08x}-5c1e-4d3a-9b1f-{first + row:012x}" for row in range(rows)]
    hour = START + timedelta(hours=min(23, number // _FILES_PER_HOUR))
    moments = np.datetime64(hour.replace(tzinfo=None), "ms") + np.arange(rows) * 36
    features = pa.StructArray.from_arrays(
        [pa.array(columns[f.name]).cast(f.type) for f in schema.field("features").type],
        fields=list(schema.field("features").type),
    )
    given = {
        "prediction_id": [f"{one}-0" for one in request],
        "request_id": request,
        "row": np.zeros(rows, np.int32),
        "request_rows": np.ones(rows, np.int32),
        "predicted_at": pa.array(moments).cast(schema.field("predicted_at").type),
        "latency_ms": random.exponential(3.0, rows),
        "protocol": ["native"] * rows,
        "artifact_digest": ["0" * 64] * rows,
        "prediction": predicted(columns),
        "features": features,
    }
    arrays = [
        given[f.name]
        if isinstance(given.get(f.name), pa.Array)
        else pa.array(given[f.name], f.type)
        if f.name in given
        else pa.nulls(rows, f.type)
        for f in schema
    ]
    loose = pa.schema([f.with_nullable(True) for f in schema])
    return pa.table(arrays, schema=loose)


def frame(rows: int, root: Path, name: str, seed: int) -> Path:
    """The same kind of rows as a plain Parquet file, for tools that take a table."""
    path = root / f"{name}-{rows}.parquet"
    if not path.is_file():
        random = np.random.default_rng(seed)
        root.mkdir(parents=True, exist_ok=True)
        first = pa.table(dict(drawn(random, min(rows, 500_000))))
        with pq.ParquetWriter(path, first.schema) as writer:
            writer.write_table(first)
            for start in range(500_000, rows, 500_000):
                more = drawn(random, min(500_000, rows - start))
                writer.write_table(pa.table(dict(more)))
    return path
