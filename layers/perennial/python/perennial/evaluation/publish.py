"""Leaves an evaluation beside its run: the document and the report a person reads."""

from __future__ import annotations

from perennial.evaluation.inputs import Training
from perennial.evaluation.predictions import PredictionProfile
from perennial.evaluation.record import Evaluation
from perennial.evaluation.report import report
from perennial.evaluation.search_section import read_search
from perennial.registry import layout
from perennial.registry.objects import ObjectStore


def publish(
    found: Evaluation,
    training: Training,
    predictions: PredictionProfile | None,
    run_uri: str,
    store: ObjectStore,
) -> None:
    """Write `evaluation.json` last: whoever finds it has the report and the predictions' profile.

    Raises:
        ArtifactError: the run's search is damaged.
        Unavailable: the store does not answer.
    """
    page = report(found, training, read_search(run_uri, store)).encode()
    store.write(run_uri + layout.EVALUATION_HTML, page, "text/html; charset=utf-8")
    if predictions is not None:
        profile = predictions.model_dump_json().encode()
        store.write(run_uri + layout.PREDICTIONS, profile, "application/json")
    document = found.model_dump_json(indent=1).encode()
    store.write(run_uri + layout.EVALUATION_JSON, document, "application/json")
