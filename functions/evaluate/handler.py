"""Judges the candidate of a run on rows it never saw."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.lean_lambda import LeanFunction
from perennial.adapters.s3 import S3ObjectStore
from perennial.errors import ArtifactError, NeedsPipelineRuntime
from perennial.evaluation.elsewhere import scorer_elsewhere
from perennial.evaluation.evaluate import evaluate
from perennial.evaluation.familiar import FittedOn
from perennial.evaluation.predictions import prediction_profile
from perennial.evaluation.publish import publish
from perennial.evaluation.scoring import load_scorer
from perennial.evaluation.subject import Scorer, read_subject
from perennial.evaluation.tuned import with_tuning
from perennial.observability import logger, observed
from perennial.registry import layout
from perennial.registry.records import RoutedVersion
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
    champion = route.champion if route else None
    load = partial(_load, run_uri, champion)
    subject = read_subject(run_uri, champion, store, load, _fitted_on(run_uri, model, champion))
    found = with_tuning(evaluate(subject), subject, run_uri, store)
    publish(found, subject.training, prediction_profile(subject), run_uri, store)
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


def _fitted_on(run_uri: str, model: str, champion: RoutedVersion | None) -> FittedOn | None:
    """Where the data of the version in service lies."""
    _, registry = ports()
    version = registry.version(model, champion.number) if champion else None
    if version is None:
        return None
    bucket, _ = layout.split_uri(run_uri)
    dataset = layout.dataset_prefix(model, version.dataset_digest) + layout.DATA
    kept_out = layout.run_prefix(model, version.run_id) + layout.HOLDOUT
    return FittedOn(layout.uri(bucket, dataset), layout.uri(bucket, kept_out))


def _load(run_uri: str, champion: RoutedVersion | None, data: bytes, digest: str) -> Scorer:
    """A scorer of the candidate or the champion; for a pipeline, the function that runs it."""
    try:
        return load_scorer(data, digest)
    except NeedsPipelineRuntime:
        function = os.environ.get("PERENNIAL_PIPELINE_FUNCTION")
        if not function:
            raise ArtifactError("a pipeline, and no model of this deployment is one") from None
        uri = run_uri + layout.CANDIDATE
        if champion is not None and champion.artifact_digest == digest:
            uri = champion.artifact_uri
        return scorer_elsewhere(data, digest, uri, LeanFunction(function))
