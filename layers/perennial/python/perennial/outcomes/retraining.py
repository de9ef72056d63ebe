"""The training file of one retraining: gathered once, and left where a run can start from it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq

from perennial.outcomes.batch import MEDIA_TYPE
from perennial.outcomes.gather import Gathered, gather
from perennial.outcomes.read_files import ReadFiles
from perennial.registry.clock import iso
from perennial.registry.files import Files
from perennial.registry.layout import (
    CAPTURES,
    TRUTH,
    gathered_key,
    retraining_key,
    split_uri,
    uri,
)
from perennial.registry.records import SourceObject
from perennial.spec import ModelSpec

FORMAT = 1


@dataclass(frozen=True, slots=True)
class TrainingFile:
    """A file to train from.

    Attributes:
        source: the object.
        rows: how many it holds.
    """

    source: SourceObject
    rows: int

    def document(self) -> dict[str, object]:
        """As the workflow hands it on."""
        return {"source": asdict(self.source), "rows": self.rows}


def training_file(
    files: Files,
    bucket: str,
    spec: ModelSpec,
    retraining_id: str,
    clock: Callable[[], datetime],
) -> TrainingFile:
    """The training file of a retraining; one that is there already is the one.

    Args:
        files: the store.
        bucket: the data bucket.
        spec: of the model.
        retraining_id: names the file.
        clock: the present moment, UTC.

    Raises:
        NotCaptured: a column that training needs is not kept of predictions.
        NotEnoughOutcomes: there are fewer rows than the spec asks for.
        Unavailable: the store does not answer.
    """
    key = retraining_key(spec.name, retraining_id)
    place = uri(bucket, key)
    if not files.exists(place):
        with tempfile.TemporaryDirectory(prefix="perennial-") as name:
            read = ReadFiles(files)
            found = gather(cast("Files", read), bucket, spec, clock(), Path(name))
            files.write(
                uri(bucket, gathered_key(spec.name, retraining_id)),
                _sources(place, read.uris, found),
                "application/json",
                once=True,
            )
            files.upload(Path(name) / "training.parquet", place, MEDIA_TYPE, once=True)
    # Looked at again: of two that gathered at the same time, the first one's file counts.
    stat = files.stat(place)
    source = SourceObject(bucket, key, stat.version_id, stat.etag, stat.size)
    return TrainingFile(source, _rows(files, place))


def _sources(place: str, uris: set[str], found: Gathered) -> bytes:
    """What a file was gathered from, as it is written down for its lineage."""
    sources = [one for one in sorted(uris) if split_uri(one)[1].startswith((CAPTURES, TRUTH))]
    document = {
        "format": FORMAT,
        "file": place,
        "first": iso(found.first) if found.first else "",
        "last": iso(found.last) if found.last else "",
        "rows": found.rows,
        "sources": sources,
    }
    return json.dumps(document, indent=2).encode()


def _rows(files: Files, place: str) -> int:
    with tempfile.TemporaryDirectory(prefix="perennial-") as name:
        path = Path(name) / "training.parquet"
        files.download(place, path)
        return int(pq.read_metadata(pa.memory_map(str(path))).num_rows)
