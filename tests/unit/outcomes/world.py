"""Captured predictions and outcomes in a store in memory, for tests of their join."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from perennial.outcomes.columns import truth_table
from perennial.outcomes.join import JoinCounts, Span, joined
from perennial.outcomes.taking import Outcome
from perennial.registry.layout import capture_key, truth_key, uri
from perennial.spec import ModelSpec
from perennial.spec.source import parse_spec

from tests.fakes.files import InMemoryFiles

SPEC = """\
name: bank
task: binary
target: y
positive_class: "yes"
features:
  age: {type: number}
  job: {type: category, nullable: true}
outcomes: {window: 2h}
"""
NUMBERS = """\
name: bank
task: regression
target: price
features:
  age: {type: number}
outcomes: {window: 2h}
"""
START = datetime(2026, 11, 21, 14, tzinfo=UTC)
HOURS = Span(START, START + timedelta(hours=3))


def at(minutes: float) -> datetime:
    """A moment, in minutes since the start."""
    return START + timedelta(minutes=minutes)


@dataclass
class World:
    """One model's captures and truth."""

    text: str = SPEC
    files: InMemoryFiles = field(default_factory=InMemoryFiles)
    counts: JoinCounts = field(default_factory=JoinCounts)
    written: int = 0

    @property
    def spec(self) -> ModelSpec:
        return parse_spec(self.text)

    def predicted(
        self,
        minutes: float,
        *ids: str,
        version: int = 3,
        role: str = "champion",
        entity: str | None = None,
        prediction: Any = "yes",
        age: float = 1.0,
    ) -> None:
        """Capture predictions that were made at this moment."""
        rows = {
            "prediction_id": list(ids),
            "predicted_at": pa.array([at(minutes)] * len(ids), pa.timestamp("ms", tz="UTC")),
            "entity_id": pa.array([entity] * len(ids), pa.string()),
            "role": [role] * len(ids),
            "prediction": [prediction] * len(ids),
            "features": [{"age": age, "job": "admin."}] * len(ids),
        }
        hour = f"{at(minutes):%Y-%m-%dT%H}"
        self._write(capture_key("bank", version, hour, self._name()), pa.table(rows))

    def came_true(
        self,
        minutes: float,
        outcomes: Sequence[tuple[str, Any]] = (),
        *,
        observed: float | None = None,
        entities: Sequence[tuple[str, float, Any]] = (),
    ) -> None:
        """Record outcomes that came in at this moment, of predictions or of entities."""
        seen = at(minutes if observed is None else observed)
        found = [Outcome(name, None, None, value, seen) for name, value in outcomes]
        found += [Outcome(None, name, at(when), value, seen) for name, when, value in entities]
        table = truth_table(self.spec, [(one, at(minutes), "api") for one in found])
        self._write(truth_key("bank", f"{at(minutes):%Y-%m-%d}", self._name()), table)

    def joined(self, predicted: Span = HOURS, **wanted: Any) -> list[dict[str, Any]]:
        """The joined rows; `counts` says what was met."""
        self.counts = JoinCounts()
        batches = joined(self.files, "data", self.spec, predicted, counts=self.counts, **wanted)
        return [row for batch in batches for row in batch.to_pylist()]

    def outcomes(self, **wanted: Any) -> dict[str, Any]:
        """The outcome of each prediction that has one."""
        return {row["prediction_id"]: row["outcome"] for row in self.joined(**wanted)}

    def _name(self) -> str:
        self.written += 1
        return f"{self.written:04}"

    def _write(self, key: str, table: pa.Table) -> None:
        body = io.BytesIO()
        pq.write_table(table, body)
        self.files.write(uri("data", key), body.getvalue(), "x/y")
