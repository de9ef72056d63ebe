"""The training file of one retraining: gathered once, and left where a run can start from it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from perennial.outcomes.batch import MEDIA_TYPE
from perennial.outcomes.gather import gather
from perennial.registry.files import Files
from perennial.registry.layout import retraining_key, uri
from perennial.registry.records import SourceObject
from perennial.spec import ModelSpec


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
            gather(files, bucket, spec, clock(), Path(name))
            files.upload(Path(name) / "training.parquet", place, MEDIA_TYPE, once=True)
    # Looked at again: of two that gathered at the same time, the first one's file counts.
    stat = files.stat(place)
    source = SourceObject(bucket, key, stat.version_id, stat.etag, stat.size)
    return TrainingFile(source, _rows(files, place))


def _rows(files: Files, place: str) -> int:
    with tempfile.TemporaryDirectory(prefix="perennial-") as name:
        path = Path(name) / "training.parquet"
        files.download(place, path)
        return int(pq.read_metadata(pa.memory_map(str(path))).num_rows)
