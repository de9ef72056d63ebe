"""A run as training leaves it, with scorers that read their answer off a column."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from perennial.evaluation.measure import Floats, Truths
from perennial.registry.records import RoutedVersion
from perennial.spec import ModelSpec

from tests.fakes.objects import InMemoryObjects

RUN = "s3://data/runs/m/r/"
CHAMPION = RoutedVersion(3, "champion", "s3://artifacts/artifacts/m/champion.zip")


def a_spec(task: str, **given: Any) -> ModelSpec:
    fields = {
        "name": "m",
        "task": task,
        "target": "y",
        "features": {"x": {"type": "number"}},
        **({"positive_class": "yes"} if task == "binary" else {}),
        **given,
    }
    return ModelSpec.model_validate(fields)


@dataclass(frozen=True)
class ColumnScorer:
    """Answers with the numbers of columns; a null in the first is a row it refuses."""

    columns: tuple[str, ...]
    labels: tuple[str, ...] | None = None
    threshold: float | None = None

    def thresholds(self, batch: pa.RecordBatch) -> Floats | None:
        del batch
        return None

    def scores(self, batch: pa.RecordBatch) -> tuple[Floats, Truths]:
        if missing := set(self.columns) - set(batch.schema.names):
            raise ValueError(f"the data has no column {min(missing)}")
        found = [batch.column(name).to_numpy(zero_copy_only=False) for name in self.columns]
        values = np.column_stack(found).astype(np.float64)
        return values, ~np.isnan(values[:, 0])


@dataclass
class Scenario:
    """The objects of one run, and which scorer each artifact is."""

    store: InMemoryObjects
    scorers: dict[str, ColumnScorer]

    def load(self, data: bytes, digest: str) -> ColumnScorer:
        assert data == digest.encode()
        return self.scorers[digest]


def a_scenario(
    spec: ModelSpec,
    holdout: dict[str, Any],
    target: dict[str, Any],
    candidate: ColumnScorer,
    champion: ColumnScorer | None = None,
) -> Scenario:
    store = InMemoryObjects()
    job = {
        "model": "m",
        "run_id": "r",
        "spec": spec.model_dump(mode="json"),
        "spec_digest": spec.digest,
        "dataset": {"digest": "dataset", "uri": "s3://data/d", "rows": 1},
        "seed": 7,
    }
    training = {
        "artifact_digest": "candidate",
        "artifact_size": 9,
        "algorithm": "xgboost",
        "target": target,
        "importances": {"x": 1.0},
        "learning_curve": [{"round": 0, "validation": 0.5}, {"round": 1, "validation": 0.4}],
    }
    store.write(RUN + "job.json", json.dumps(job).encode(), "application/json")
    store.write(RUN + "training.json", json.dumps(training).encode(), "application/json")
    store.write(RUN + "candidate.zip", b"candidate", "application/zip")
    store.write(CHAMPION.artifact_uri, b"champion", "application/zip")
    sink = io.BytesIO()
    pq.write_table(pa.table(holdout), sink)
    store.write(RUN + "holdout.parquet", sink.getvalue(), "application/octet-stream")
    scorers = {"candidate": candidate} | ({"champion": champion} if champion else {})
    return Scenario(store, scorers)


ROWS = 400
LABELS = ("no", "yes")


def binary_holdout() -> dict[str, Any]:
    """A good and a poor column of probabilities for labels that are yes in a third of the rows."""
    random = np.random.default_rng(1)
    truth = random.random(ROWS) < 1 / 3
    good = np.clip(np.where(truth, 0.7, 0.3) + random.normal(0, 0.2, ROWS), 0.01, 0.99)
    poor = np.clip(np.where(truth, 0.55, 0.45) + random.normal(0, 0.3, ROWS), 0.01, 0.99)
    text = ["yes" if is_yes else "no" for is_yes in truth]
    return {
        "good": good,
        "good_not": 1 - good,
        "poor": poor,
        "poor_not": 1 - poor,
        "same": np.full(ROWS, 0.3),
        "y": text,
    }


GOOD = ColumnScorer(("good_not", "good"), LABELS, 0.5)
POOR = ColumnScorer(("poor_not", "poor"), LABELS, 0.5)
COUNTS = {"counts": {"no": 200, "yes": 100}}


def binary(candidate: ColumnScorer, champion: ColumnScorer | None = None, **spec: Any) -> Scenario:
    return a_scenario(a_spec("binary", **spec), binary_holdout(), COUNTS, candidate, champion)
