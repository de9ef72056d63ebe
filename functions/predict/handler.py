"""`POST /v1/models/{model}/predict`: wires the endpoint to AWS and hands it the events.

No numpy, no boto3, no pydantic: everything imported here is paid for by every cold start, and a
test holds the list. The environment is read here and not by `perennial.settings` for that reason.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping

from perennial.adapters.lean_dynamodb import LeanRoutes
from perennial.adapters.lean_s3 import LeanObjects
from perennial.adapters.lean_sqs import LeanQueue
from perennial.serving.capture import Capture
from perennial.serving.engine import engine_of
from perennial.serving.journal import Journal
from perennial.serving.models import Models
from perennial.serving.predict import Endpoint
from perennial.serving.router import Router

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from perennial.adapters.lean_lambda import LeanFunction
    from perennial.serving.ports import Rollout, Shadowed
    from perennial.serving.shadowing import Shadowing

_endpoint: Endpoint | None = None


def handler(event: Mapping[str, object], _context: object) -> dict[str, object]:
    """Answer one request; the endpoint with its caches lives as long as the process."""
    global _endpoint
    if _endpoint is None:
        _endpoint = _wire(os.environ)
        # What a request makes is gone with it; looking for cycles among a thousand rows every
        # seven hundred objects only adds to the time of the slowest requests.
        gc.set_threshold(50_000, 20, 100)
    origins = os.environ.get("PERENNIAL_CORS_ORIGINS")
    if origins:
        from perennial.serving.cross_origin import answered  # only where pages may call

        return answered(event, origins, _endpoint.respond)
    return _endpoint.respond(event)


def _wire(environment: Mapping[str, str]) -> Endpoint:
    journal = Journal(environment.get("LOG_LEVEL", "INFO"))
    specs = environment.get("PERENNIAL_SPECS") or "/opt/perennial_specs"
    # First of all, so that the queue's connection is made while route and artifact are fetched.
    capture = _capture(environment.get("PERENNIAL_CAPTURE_QUEUE"), specs, journal)
    routes = LeanRoutes(environment["PERENNIAL_TABLE"])
    models = Models(
        Router(routes, LeanObjects(), engine_of, journal),
        lambda model: os.path.isfile(f"{specs}/{model}.json"),  # noqa: PTH113  pathlib: 4 ms
    )
    return Endpoint(
        models,
        journal,
        capture=capture,
        forward=_forward(environment),
        shadow=_shadow(environment, journal),
    )


def _capture(queue: str | None, specs: str, journal: Journal) -> Capture | None:
    """What keeps predictions, where this deployment does."""
    return Capture(lambda lost: LeanQueue(queue, lost), specs, journal) if queue else None


def _shadow(environment: Mapping[str, str], journal: Journal) -> Shadowed | None:
    """Has requests answered by a shadow, too, where this deployment has a function for that."""
    name = environment.get("PERENNIAL_SHADOW_FUNCTION")
    if not name:
        return None

    shadowing: Shadowing | None = None

    def shadow(event: Mapping[str, object], model: str, rollout: Rollout) -> None:
        nonlocal shadowing
        if shadowing is None:  # imported by the first such request: nobody else pays for it
            from perennial.adapters.lean_events import LeanEvents
            from perennial.serving.shadowing import Shadowing

            shadowing = Shadowing(lambda lost: LeanEvents(name, lost), journal)
        shadowing(event, model, rollout)

    return shadow


def _forward(environment: Mapping[str, str]) -> Callable[[Mapping[str, object]], Any] | None:
    """Asks the function for users' pipelines, where this deployment has one."""
    name = environment.get("PERENNIAL_PIPELINE_FUNCTION")
    if not name:
        return None

    asked: LeanFunction | None = None

    def forward(event: Mapping[str, object]) -> Any:
        nonlocal asked
        if asked is None:  # imported by the first such request: nobody else pays for it
            from perennial.adapters.lean_lambda import LeanFunction

            asked = LeanFunction(name)
        return asked(event)

    return forward
