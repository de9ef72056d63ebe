"""Answers for models that are users' own scikit-learn pipelines; the predict function asks it.

The same endpoint as the predict function's, with the libraries a pipeline needs beside it. It is
deployed where a spec asks for a pipeline, and has no path of its own.

Evaluation asks it too, for the scores of many encoded rows: an event with `scores`. And so does
the function for shadows, where the shadow is a pipeline: an event with `shadow`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from perennial.adapters.lean_dynamodb import LeanRoutes
from perennial.adapters.lean_events import LeanEvents
from perennial.adapters.lean_s3 import LeanObjects
from perennial.adapters.lean_sqs import LeanQueue
from perennial.pipelines.answering import Scorer
from perennial.pipelines.engine import pipeline_engine_of
from perennial.serving.capture import Capture
from perennial.serving.journal import Journal
from perennial.serving.models import Models
from perennial.serving.predict import Endpoint
from perennial.serving.router import Router
from perennial.serving.shadow import Shadows
from perennial.serving.shadowing import MEMBER, Shadowing

_endpoint: Endpoint | None = None
_shadows: Shadows | None = None
_scorer: Scorer | None = None


def handler(event: Mapping[str, object], _context: object) -> dict[str, object]:
    """Answer one request, for a caller or as a shadow, or give the scores of encoded rows."""
    global _endpoint, _scorer, _shadows
    if "scores" in event:
        _scorer = _scorer or Scorer(LeanObjects().read)
        return _scorer(event)
    if MEMBER in event:
        _shadows = _shadows or _wire_shadows(os.environ)
        _shadows.answer(event)
        return {}
    if _endpoint is None:
        _endpoint = _wire(os.environ)
    return _endpoint.respond(event)


def _wire(environment: Mapping[str, str]) -> Endpoint:
    journal = Journal(environment.get("LOG_LEVEL", "INFO"))
    specs = _specs(environment)
    routes = LeanRoutes(environment["PERENNIAL_TABLE"])
    models = Models(
        Router(routes, LeanObjects(), pipeline_engine_of, journal),
        lambda model: os.path.isfile(f"{specs}/{model}.json"),  # noqa: PTH113  as the other does
    )
    name = environment.get("PERENNIAL_SHADOW_FUNCTION")
    shadowing = Shadowing(lambda lost: LeanEvents(name, lost), journal) if name else None
    return Endpoint(models, journal, capture=_capture(environment, journal), shadow=shadowing)


def _wire_shadows(environment: Mapping[str, str]) -> Shadows:
    journal = Journal(environment.get("LOG_LEVEL", "INFO"))
    capture = _capture(environment, journal)
    return Shadows(LeanObjects(), pipeline_engine_of, journal, capture=capture)


def _capture(environment: Mapping[str, str], journal: Journal) -> Capture | None:
    queue = environment.get("PERENNIAL_CAPTURE_QUEUE")
    if not queue:
        return None
    return Capture(lambda lost: LeanQueue(queue, lost), _specs(environment), journal)


def _specs(environment: Mapping[str, str]) -> str:
    return environment.get("PERENNIAL_SPECS") or "/opt/perennial_specs"
