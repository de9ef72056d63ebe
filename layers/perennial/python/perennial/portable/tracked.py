"""A run as MLflow tells of one: parameters, metrics by step, tags, and its trials as children.

https://mlflow.org/docs/latest/ml/tracking/
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from perennial.registry import layout
from perennial.registry.records import Run, RunStatus, Version
from perennial.registry.tracked import Point, TrackedRun

# Of these a model may have come; anything else did not end as it should.
_FINISHED = (RunStatus.SUCCEEDED, RunStatus.GATED)
LONGEST_VALUE = 6_000  # characters of a parameter
LONGEST_TAG = 8_000
_PRUNED = "PRUNED"

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Documents:
    """What a run left behind; of one that ended early, little."""

    training: Document = field(default_factory=dict)
    evaluation: Document = field(default_factory=dict)
    receipt: Document = field(default_factory=dict)
    search: Document = field(default_factory=dict)


def tracked(
    run: Run, documents: Documents, run_uri: str, version: Version | None, model_uri: str
) -> TrackedRun:
    """A run in MLflow's terms.

    Args:
        run: ended.
        documents: of the run.
        run_uri: where its files lie.
        version: that it registered.
        model_uri: where that lies in MLflow's layout; empty without a version.
    """
    started, ended = _milliseconds(run.created_at), _milliseconds(run.updated_at)
    tags = {
        "perennial.model": run.model,
        "perennial.run_id": run.run_id,
        "perennial.status": run.status.value,
        "perennial.trigger": run.trigger,
        "perennial.source": layout.uri(run.source.bucket, run.source.key),
        "perennial.dataset_digest": run.dataset_digest or "",
        "perennial.receipt_digest": str(documents.receipt.get("digest", "")),
        "perennial.version": "" if run.version is None else str(run.version),
        "perennial.artifact_digest": version.artifact_digest if version else "",
        "perennial.model_uri": model_uri,
        "mlflow.note.content": run.reason,
    }
    return TrackedRun(
        run_id=run.run_id,
        experiment=run.model,
        name=f"{run.model}-{run.version or run.run_id[:12]}",
        user=run.created_by,
        finished=run.status in _FINISHED,
        started=started,
        ended=ended,
        artifact_uri=run_uri.rstrip("/"),
        parameters={"model": run.model, **_parameters(documents.training)},
        metrics=tuple(_finite(_metrics(run, documents))),
        tags={name: text[:LONGEST_TAG] for name, text in tags.items() if text},
        children=tuple(_trials(run, documents.search, ended)),
    )


def _parameters(training: Document) -> dict[str, str]:
    found = {"algorithm": training["algorithm"]} if "algorithm" in training else {}
    found |= training.get("parameters") or {}
    found |= {f"rows.{part}": count for part, count in (training.get("rows") or {}).items()}
    return {name: str(value)[:LONGEST_VALUE] for name, value in found.items()}


def _metrics(run: Run, documents: Documents) -> Iterator[Point]:
    """Of the holdout by their own names, beside them baseline, losses by round and durations."""
    holdout = run.metrics or documents.evaluation.get("metrics") or {}
    baseline = (documents.evaluation.get("baseline") or {}).get("metrics") or {}
    yield from (Point(name, value) for name, value in holdout.items())
    yield from (Point(f"baseline.{name}", value) for name, value in baseline.items())
    yield from _curve(documents.training.get("learning_curve") or ())
    yield from (Point(f"seconds.{step}", value) for step, value in run.seconds.items())
    yield Point("seconds", (_milliseconds(run.updated_at) - _milliseconds(run.created_at)) / 1000)


def _finite(points: Iterable[Point]) -> Iterator[Point]:
    """Those that MLflow can draw, and JSON can say."""
    return (point for point in points if math.isfinite(point.value))


def _curve(points: Any) -> Iterator[Point]:
    for point in points:
        for part in ("train", "validation"):
            if point.get(part) is not None:
                yield Point(f"loss.{part}", point[part], int(point["round"]))


def _trials(run: Run, search: Document, ended: int) -> Iterator[TrackedRun]:
    metric = search.get("metric")
    for trial in search.get("trials") or ():
        number = trial["number"]
        folds = enumerate(trial.get("folds") or ())
        by_fold = [Point(f"{metric}.fold", value, fold) for fold, value in folds]
        seconds = float(trial.get("seconds") or 0)
        values = [] if trial.get("value") is None else [Point(str(metric), trial["value"])]
        values.append(Point("seconds", seconds))
        tags = {
            "mlflow.parentRunId": run.run_id,
            "perennial.trial": str(number),
            "perennial.state": trial["state"],
            "perennial.best": str(number == search.get("best")).lower(),
            "mlflow.note.content": trial.get("reason") or "",
        }
        parameters = {"algorithm": trial["algorithm"], **trial["parameters"]}
        yield TrackedRun(
            run_id=hashlib.sha256(f"{run.run_id}\n{number}".encode()).hexdigest()[:32],
            experiment=run.model,
            name=f"trial-{number}",
            user=run.created_by,
            finished=trial["state"] in ("COMPLETE", _PRUNED),
            started=ended - int(1000 * seconds),
            ended=ended,
            artifact_uri="",
            parameters={name: str(of)[:LONGEST_VALUE] for name, of in parameters.items()},
            metrics=tuple(_finite([*values, *by_fold, *_curve(trial.get("curve") or ())])),
            tags={name: text[:LONGEST_TAG] for name, text in tags.items() if text},
        )


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
