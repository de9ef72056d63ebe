"""Judges the candidate of a run on rows it never saw."""

from __future__ import annotations

from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3 import S3ObjectStore
from perennial.evaluation.evaluate import evaluate
from perennial.evaluation.publish import publish
from perennial.evaluation.scoring import load_scorer
from perennial.evaluation.subject import read_subject
from perennial.observability import logger, observed
from perennial.registry import layout
from perennial.settings import Settings


@cache
def ports() -> tuple[S3ObjectStore, DynamoRegistry]:
    """The object store and the registry, once per process."""
    return S3ObjectStore(), DynamoRegistry(Settings().table)


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Metrics, comparisons, gates; writes the evaluation and its report beside the run."""
    store, registry = ports()
    run_uri, model = event["run_uri"], event["model"]
    route = registry.route(model)
    subject = read_subject(run_uri, route.champion if route else None, store, load_scorer)
    found = evaluate(subject)
    publish(found, subject.training, run_uri, store)
    logger.info("candidate evaluated", extra={"outcome": found.outcome})
    return {
        "outcome": found.outcome,
        "reason": found.reason,
        "metrics": found.metrics,
        "artifact_digest": found.artifact_digest,
        "artifact_size": found.artifact_size,
        "algorithm": found.algorithm,
        "report_uri": run_uri + layout.EVALUATION_HTML,
    }
