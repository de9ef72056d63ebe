"""Answers for models that are users' own scikit-learn pipelines; the predict function asks it.

The same endpoint as the predict function's, with the libraries a pipeline needs beside it. It is
deployed where a spec asks for a pipeline, and has no path of its own.

Evaluation asks it too, for the scores of many encoded rows: an event with `scores`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from perennial.adapters.lean_dynamodb import LeanRoutes
from perennial.adapters.lean_s3 import LeanObjects
from perennial.adapters.lean_sqs import LeanQueue
from perennial.pipelines.answering import Scorer
from perennial.pipelines.engine import pipeline_engine_of
from perennial.serving.capture import Capture
from perennial.serving.journal import Journal
from perennial.serving.models import Models
from perennial.serving.predict import Endpoint
from perennial.serving.router import Router

_endpoint: Endpoint | None = None
_scorer: Scorer | None = None


def handler(event: Mapping[str, object], _context: object) -> dict[str, object]:
    """Answer one request, or give the scores of encoded rows."""
    global _endpoint, _scorer
    if "scores" in event:
        _scorer = _scorer or Scorer(LeanObjects().read)
        return _scorer(event)
    if _endpoint is None:
        _endpoint = _wire(os.environ)
    return _endpoint.respond(event)


def _wire(environment: Mapping[str, str]) -> Endpoint:
    journal = Journal(environment.get("LOG_LEVEL", "INFO"))
    specs = environment.get("PERENNIAL_SPECS") or "/opt/perennial_specs"
    queue = environment.get("PERENNIAL_CAPTURE_QUEUE")
    capture = Capture(lambda lost: LeanQueue(queue, lost), specs, journal) if queue else None
    routes = LeanRoutes(environment["PERENNIAL_TABLE"])
    models = Models(
        Router(routes, LeanObjects(), pipeline_engine_of, journal),
        lambda model: os.path.isfile(f"{specs}/{model}.json"),  # noqa: PTH113  as the other does
    )
    return Endpoint(models, journal, capture=capture)
