"""Leaves an evaluation beside its run: the document and the report a person reads."""

from __future__ import annotations

from perennial.evaluation.inputs import Training
from perennial.evaluation.record import Evaluation
from perennial.evaluation.report import report
from perennial.registry import layout
from perennial.registry.objects import ObjectStore


def publish(found: Evaluation, training: Training, run_uri: str, store: ObjectStore) -> None:
    """Write `evaluation.html`, then `evaluation.json`: whoever finds the latter has both.

    Raises:
        Unavailable: the store does not answer.
    """
    page = report(found, training).encode()
    store.write(run_uri + layout.EVALUATION_HTML, page, "text/html; charset=utf-8")
    document = found.model_dump_json(indent=1).encode()
    store.write(run_uri + layout.EVALUATION_JSON, document, "application/json")
