"""A captured prediction, found by its id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from perennial.capture.partitions import capture_files
from perennial.provenance.graph import Kind, Node, details
from perennial.registry.clock import iso
from perennial.registry.files import Files
from perennial.registry.layout import CAPTURES, uri

_COLUMNS = ["prediction_id", "predicted_at", "request_id", "role", "artifact_digest"]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Predicted:
    """One prediction: what made it, and when; none of its values."""

    prediction_id: str
    version: int
    at: str
    role: str
    artifact_digest: str
    location: str  # of the file it was captured in

    def node(self) -> Node:
        """As a node of a lineage."""
        said = details(
            (
                ("at", self.at),
                ("role", self.role),
                ("artifact", self.artifact_digest),
                ("captured in", self.location),
            )
        )
        label = f"prediction {self.prediction_id}"
        return Node(f"prediction:{self.prediction_id}", Kind.PREDICTION, label, said)


def find(
    files: Files, bucket: str, model: str, prediction_id: str, day: str = ""
) -> Predicted | None:
    """The prediction of an id, or None: it is not kept, or was never made.

    An id says nothing of when it was given: without the day, days are read from the latest
    backwards, of each file the column of ids first.

    Args:
        files: the store.
        bucket: the data bucket.
        model: whose prediction.
        prediction_id: as the response had it.
        day: the beginning of the day it was made on; ISO 8601; empty where nobody knows.

    Raises:
        Unavailable: the store does not answer.
    """
    if day:
        start = datetime.fromisoformat(day)
        return _within(files, bucket, model, prediction_id, start)
    end = datetime.now(UTC) + _DAY
    oldest = _oldest(files, bucket, model)
    while oldest is not None and end > oldest:
        end -= _DAY
        found = _within(files, bucket, model, prediction_id, end)
        if found is not None:
            return found
    return None


def _within(
    files: Files, bucket: str, model: str, prediction_id: str, start: datetime
) -> Predicted | None:
    for one in capture_files(files, bucket, model, start, start + _DAY):
        try:
            table = pq.ParquetFile(BytesIO(files.read(one.uri)))
            names = [name for name in _COLUMNS if name in table.schema_arrow.names]
            rows = table.read(columns=names)
        except (FileNotFoundError, pa.ArrowInvalid):
            continue
        rows = rows.filter(pc.equal(rows["prediction_id"], prediction_id))
        if rows.num_rows:
            (row, *_) = rows.to_pylist()
            return Predicted(
                prediction_id,
                one.version,
                iso(row["predicted_at"]),
                row.get("role") or "champion",
                row.get("artifact_digest") or "",
                one.uri,
            )
    return None


def _oldest(files: Files, bucket: str, model: str) -> datetime | None:
    found = []
    for folder in files.folders(uri(bucket, f"{CAPTURES}model={model}/")):
        first = next(files.listed(f"{folder}hour="), None)
        if first is not None:
            hour = first.uri.removeprefix(f"{folder}hour=").partition("/")[0]
            found.append(datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC))
    return min(found, default=None)
