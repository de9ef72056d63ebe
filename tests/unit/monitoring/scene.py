"""A model in service with everything a monitoring pass reads, in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from perennial.data.number_profiler import NumberProfiler
from perennial.data.profile import CategoryProfile, Profile
from perennial.evaluation.measure import Floats, Truths
from perennial.evaluation.predictions import PredictionProfile, Said
from perennial.evaluation.subject import Scorer
from perennial.monitoring.publish import Made
from perennial.monitoring.record import Report, State
from perennial.monitoring.run import Ports, monitor
from perennial.outcomes.columns import truth_schema
from perennial.registry import layout
from perennial.registry.records import RoutedVersion
from perennial.spec import ModelSpec
from perennial.spec.source import parse_spec

from tests.fakes.files import InMemoryFiles
from tests.fakes.records import a_route, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry

BUCKET = "data"
START = datetime(2026, 11, 21, 10, tzinfo=UTC)
END = START + timedelta(hours=1)
SPEC = """\
name: bank
task: binary
target: y
positive_class: "yes"
features:
  x: {type: number}
  job: {type: category, categories: [clerk, nurse, pilot]}
  secret: {type: number}
sensitive: [secret]
monitoring: MONITORING
"""


def a_spec(**monitoring: Any) -> ModelSpec:
    """The spec, with what it says about monitoring."""
    told = {"window": "1h", "every": "1h"} | monitoring
    return parse_spec(SPEC.replace("MONITORING", json.dumps(told)))


@dataclass(frozen=True)
class Answering:
    """A scorer that gives the positive class a probability that depends on `x`."""

    probability: Callable[[Floats], Floats]
    labels: tuple[str, ...] | None = ("no", "yes")
    threshold: float | None = 0.5

    def thresholds(self, batch: pa.RecordBatch) -> Floats | None:
        del batch
        return None

    def scores(self, batch: pa.RecordBatch) -> tuple[Floats, Truths]:
        x = np.asarray(batch.column("x").to_numpy(zero_copy_only=False), np.float64)
        found = self.probability(x)
        return np.column_stack([1 - found, found]), np.isfinite(x)


def logistic(x: Floats) -> Floats:
    """What is true of the world, and what version 2 has learnt."""
    return np.asarray(1 / (1 + np.exp(-2 * x)))


@dataclass
class Scene:
    """The model, its versions and what was captured of it."""

    spec: ModelSpec = field(default_factory=a_spec)
    files: InMemoryFiles = field(default_factory=InMemoryFiles)
    registry: InMemoryRegistry = field(default_factory=InMemoryRegistry)
    before: Scorer = field(default_factory=lambda: Answering(logistic))
    now: datetime = END

    def __post_init__(self) -> None:
        for run_id in ("r1", "r2"):
            self._register(run_id)
        one, two = (RoutedVersion(n, f"digest{n}", f"s3://artifacts/v{n}") for n in (1, 2))
        at = (START - timedelta(hours=1)).isoformat()
        self.registry.set_route(a_route(champion=1), an_event("route_changed"))
        route = replace(a_route(2), champion=two, previous=one, changed_at=at)
        self.registry.set_route(route, an_event("route_changed"))
        self.files.write(one.artifact_uri, b"artifact of version 1", "application/zip")

    def _register(self, run_id: str) -> None:
        self.registry.create_run(a_run(run_id, created_at="2026-11-20T00:00:00.000Z"))
        made = a_version(
            run_id,
            spec_digest=self.spec.digest,
            created_at="2026-11-20T01:00:00.000Z",
            metrics={"roc_auc": 0.87, "log_loss": 0.42},
        )
        self.registry.register_version(made, an_event())
        run = f"s3://{BUCKET}/{layout.run_prefix('bank', run_id)}"
        dataset = f"s3://{BUCKET}/{layout.dataset_prefix('bank', made.dataset_digest)}"
        self.put(dataset + layout.PROFILE, a_profile().model_dump_json())
        self.put(run + layout.PREDICTIONS, a_prediction_profile().model_dump_json())
        self.put(run + layout.TRAINING_JSON, json.dumps(A_TRAINING))
        evaluation = {"threshold": 0.5, "metrics": made.metrics}
        self.put(run + layout.EVALUATION_JSON, json.dumps(evaluation))

    def put(self, uri: str, text: str) -> None:
        self.files.write(uri, text.encode(), "application/json")

    def capture(
        self,
        rows: int,
        *,
        version: int = 2,
        at: datetime = START,
        every: float = 1.0,
        seed: int = 1,
        x: Floats | None = None,
        probability: Callable[[Floats], Floats] = logistic,
        name: str = "file",
        drop: tuple[str, ...] = (),
        role: str = "champion",
    ) -> pa.Table:
        """Put captured predictions where they belong, one every so many seconds."""
        random = np.random.default_rng(seed)
        x = random.normal(size=rows) if x is None else x
        p = probability(x)
        moments = [at + timedelta(seconds=every * n) for n in range(rows)]
        table = pa.table(
            {
                "prediction_id": [f"{name}-{n}" for n in range(rows)],
                "request_id": [f"{name}-{n}" for n in range(rows)],
                "row": pa.array([0] * rows, pa.int32()),
                "request_rows": pa.array([1] * rows, pa.int32()),
                "predicted_at": pa.array(moments, pa.timestamp("ms", "UTC")),
                "latency_ms": [2.0] * rows,
                "protocol": ["native"] * rows,
                "artifact_digest": ["d"] * rows,
                "entity_id": pa.array([None] * rows, pa.string()),
                "role": [role] * rows,
                "rollout_id": pa.array([None] * rows, pa.string()),
                "prediction": np.where(p >= 0.5, "yes", "no"),
                "probabilities": pa.array(
                    [[("no", 1 - one), ("yes", one)] for one in p],
                    pa.map_(pa.string(), pa.float64()),
                ),
                "features": [
                    {"x": float(one), "job": job}
                    for one, job in zip(x, random.choice(JOBS, rows), strict=True)
                ],
            }
        ).drop_columns(list(drop))
        hours = sorted({f"{moment:%Y-%m-%dT%H}" for moment in moments})
        texts = pa.array([f"{moment:%Y-%m-%dT%H}" for moment in moments])
        for hour in hours:
            self.put_table(
                layout.capture_key("bank", version, hour, name),
                table.filter(pc.equal(texts, hour)),
            )
        return table

    def tell(
        self,
        predictions: pa.Table,
        truth: Callable[[Floats], Floats] = logistic,
        *,
        at: datetime = END - timedelta(minutes=1),
        seed: int = 2,
        name: str = "truth",
    ) -> None:
        """Put the outcomes of predictions where they belong, drawn with a probability of `x`."""
        x = np.array([one["x"] for one in predictions["features"].to_pylist()], np.float64)
        labels = np.where(np.random.default_rng(seed).random(len(x)) < truth(x), "yes", "no")
        rows = len(labels)
        table = pa.table(
            {
                "prediction_id": predictions["prediction_id"],
                "entity_id": pa.array([None] * rows, pa.string()),
                "predicted_at": pa.array([None] * rows, pa.timestamp("ms", "UTC")),
                "outcome": labels,
                "observed_at": pa.array([at] * rows, pa.timestamp("ms", "UTC")),
                "received_at": pa.array([at] * rows, pa.timestamp("ms", "UTC")),
                "source": ["api"] * rows,
            },
        ).cast(truth_schema(self.spec))
        self.put_table(layout.truth_key("bank", f"{at:%Y-%m-%d}", name), table)

    def put_table(self, key: str, table: pa.Table) -> None:
        body = io.BytesIO()
        pq.write_table(table, body)
        self.files.write(f"s3://{BUCKET}/{key}", body.getvalue(), "application/octet-stream")

    @property
    def ports(self) -> Ports:
        return Ports(
            registry=self.registry,
            files=self.files,
            bucket=BUCKET,
            load=lambda _data, _digest: self.before,
            now=lambda: self.now.isoformat(timespec="milliseconds"),
        )

    def monitor(self, start: datetime = START, end: datetime = END) -> Made:
        return monitor(self.spec, start, end, self.ports)


JOBS = ("clerk", "nurse", "pilot")
A_TRAINING = {
    "artifact_digest": "digest2",
    "artifact_size": 1,
    "algorithm": "xgboost",
    "target": {"counts": {"no": 1, "yes": 1}},
    "importances": {"x": 0.8, "job": 0.2},
}


def a_profile(rows: int = 5000) -> Profile:
    """Of training data like that in service."""
    random = np.random.default_rng(0)
    profiler, x = NumberProfiler(), random.normal(size=rows)
    profiler.add(x, 0)
    names, counts = np.unique(random.choice(JOBS, rows), return_counts=True)
    jobs = {str(name): int(of) for name, of in zip(names, counts, strict=True)}
    labels = CategoryProfile(rows=rows, nulls=0, distinct=3, counts=jobs, other=0)
    truth = CategoryProfile(
        rows=rows, nulls=0, distinct=2, counts={"no": rows // 2, "yes": rows // 2}, other=0
    )
    return Profile(
        rows=rows,
        features={"x": profiler.profile(x), "job": labels, "secret": profiler.profile(x)},
        target=truth,
    )


def a_prediction_profile(rows: int = 2000) -> PredictionProfile:
    """Of what version 2 says of data like that in service."""
    profiler, p = NumberProfiler(), logistic(np.random.default_rng(3).normal(size=rows))
    profiler.add(p, 0)
    return PredictionProfile(said=Said.PROBABILITY, positive="yes", column=profiler.profile(p))


def states(report: Report) -> dict[str, State]:
    return {name: verdict.state for name, verdict in report.verdicts.items()}


def told(report: Report) -> str:
    return "\n".join(f"{one.part}: {one.sentence}" for one in report.problems)


def backwards(x: Floats) -> Floats:
    return 1 - logistic(x)


def a_healthy_scene(**monitoring: object) -> Scene:
    scene = Scene(a_spec(**monitoring))
    scene.tell(scene.capture(900, every=4))
    return scene
