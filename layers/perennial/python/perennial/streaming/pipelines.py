"""Asks the function for users' pipelines about a row, in the words of the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from perennial.errors import Unavailable
from perennial.serving.predict import PREDICT
from perennial.serving.problems import CATALOGUE, INTERNAL_ERROR, TYPE_PREFIX, Problem
from perennial.serving.router import CHAMPION
from perennial.streaming.reading import Asked
from perennial.streaming.records import Arrival

Forward = Callable[[Mapping[str, object]], Mapping[str, Any]]
_KINDS = {TYPE_PREFIX + kind.slug: kind for kind in CATALOGUE}


def ask(forward: Forward | None, asked: Asked, arrival: Arrival) -> dict[str, object]:
    """What that function says: model, version, digest, prediction and probabilities.

    Raises:
        Unavailable: it is not deployed, or cannot answer now.
        Problem: it cannot answer this row.
    """
    if forward is None:
        raise Unavailable("no function for pipelines is deployed")
    response = forward(_event(asked, arrival))
    document = json.loads(response["body"])
    if response["statusCode"] == 200:
        (prediction,) = document.pop("predictions")
        said = {**document, **prediction}
        return {name: said[name] for name in said if name not in ("id", "request_id")}
    if response["statusCode"] == 503:
        raise Unavailable("the function for pipelines cannot answer now")
    kind = _KINDS.get(document["type"], INTERNAL_ERROR)
    raise Problem(kind, document["detail"])


def _event(asked: Asked, arrival: Arrival) -> dict[str, object]:
    """A request to the API, as its gateway would hand it on."""
    return {
        "resource": PREDICT,
        "httpMethod": "POST",
        "pathParameters": {"model": asked.model},
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"rows": [asked.row]}),
        "requestContext": {"requestId": arrival.position},
        "assigned": CHAMPION,  # a stream takes no part in a rollout
    }
