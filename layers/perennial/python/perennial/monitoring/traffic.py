"""How much was asked in a window, by whom it was answered, and some of the rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.capture.layout import ROLE
from perennial.monitoring.labelled import Kept, features_of
from perennial.monitoring.record import Traffic
from perennial.spec import FeatureType, ModelSpec

COLUMNS = ("request_id", "row", "latency_ms", "version", ROLE, "prediction", "probabilities")
SAMPLE = 10  # rows that are shown
SHADOW = "shadow"  # the role of a version that answers nobody


def answered(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows that somebody got an answer for: not those of a shadow."""
    return batch.filter(pc.not_equal(batch.column(ROLE), SHADOW))


@dataclass(slots=True)
class TrafficSeen:
    """What was counted so far, of answered rows."""

    predictions: int = 0
    requests: int = 0
    latency_ms: float = 0.0  # of all requests together
    by_version: dict[int, int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    _some: Kept = field(default_factory=lambda: Kept(2 * SAMPLE))

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch of captured rows; a request counts with its first row."""
        self.predictions += batch.num_rows
        begins = pc.equal(batch.column("row"), 0)
        self.requests += pc.sum(begins).as_py() or 0
        self.latency_ms += pc.sum(batch.column("latency_ms").filter(begins)).as_py() or 0.0
        for one in pc.value_counts(batch.column("version")).to_pylist():
            number = one["values"]
            self.by_version[number] = self.by_version.get(number, 0) + one["counts"]
        span = pc.min_max(batch.column("predicted_at")).as_py()
        if span["min"] is not None:
            self.first = min(self.first or span["min"], span["min"])
            self.last = max(self.last or span["max"], span["max"])
        self._some.add(pa.Table.from_batches([batch]))

    def record(self, spec: ModelSpec) -> Traffic:
        """The counts as they are written down."""
        return Traffic(
            predictions=self.predictions,
            requests=self.requests,
            by_version={str(number): rows for number, rows in sorted(self.by_version.items())},
            first_at=text_of(self.first),
            last_at=text_of(self.last),
            captured_share=spec.capture.sample,
        )

    def sample(self, spec: ModelSpec) -> tuple[dict[str, str], ...]:
        """Some rows, spread over the window: time, version, answer, and the features captured.

        None where the spec tells of persons; and never what people wrote, which may name anybody.
        """
        if not self.predictions or spec.privacy.pii or spec.privacy.names_persons:
            return ()
        rows = self._some.table()
        some = rows.take(np.arange(0, rows.num_rows, -(-rows.num_rows // SAMPLE)))
        columns = some.select(["predicted_at", "version", "prediction"]).to_pydict()
        if "features" in some.column_names:
            columns |= {
                name: values
                for name, values in features_of(some).to_pydict().items()
                if name not in spec.features or spec.features[name].type is not FeatureType.TEXT
            }
        return tuple(
            {name: _said(values[place]) for name, values in columns.items()}
            for place in range(some.num_rows)
        )


def text_of(moment: datetime | None) -> str | None:
    """A moment as the registry writes it."""
    if moment is None:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _said(value: object) -> str:
    if isinstance(value, datetime):
        return text_of(value) or ""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
