"""Proof of a route: the champion's golden rows, asked of the live endpoint.

An artifact holds rows with the answers the model gave when it was made. The endpoint that callers
use must give the same ones, once it follows the route.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from perennial.errors import ArtifactError, ModelNotTrained, Unavailable
from perennial.registry.clock import Clock
from perennial.registry.objects import ObjectStore
from perennial.registry.records import Event, Route, RoutedVersion
from perennial.registry.store import Registry
from perennial.serving.artifact import GOLDEN, load_artifact
from perennial.serving.predict import PREDICT, PROOF

PATIENCE = 20.0  # seconds; a route is followed within ten
PAUSE = 0.25  # seconds between two looks
# Two processors may round the last digits of a sum of leaves differently.
_RELATIVE, _ABSOLUTE = 1e-6, 1e-9


class Predict(Protocol):
    """The live predict function. `perennial.adapters.lambda_functions` is it on AWS."""

    def __call__(self, event: Mapping[str, object]) -> Mapping[str, Any]:
        """The proxy response to a proxy event.

        Raises:
            Unavailable: the function did not answer, or broke.
        """
        ...


@dataclass(frozen=True, slots=True)
class Proof:
    """What the endpoint answered.

    Attributes:
        model: whose route.
        revision: of the route.
        version: the champion.
        rows: golden rows that were asked.
        wrong: of these, the ones with another answer; all of them when there was none.
        seconds: until the endpoint answered with the champion.
        reason: why it is not proven, as a sentence; empty: it is.
    """

    model: str
    revision: int
    version: int
    rows: int
    wrong: int
    seconds: float
    reason: str = ""

    @property
    def proven(self) -> bool:
        """Whether every golden row was answered as it must be."""
        return not self.reason


def prove(
    model: str,
    *,
    predict: Predict,
    store: ObjectStore,
    registry: Registry,
    clock: Clock,
    sleep: Callable[[float], None] = time.sleep,
    timer: Callable[[], float] = time.monotonic,
) -> Proof:
    """Ask the live endpoint for the golden rows of the champion, and write down what came of it.

    It waits until the endpoint follows the route. When the route changes meanwhile, the proof is
    about the one that came last.

    Raises:
        ModelNotTrained: no version is in service.
        Unavailable: registry or store do not answer.
    """
    began = timer()
    route = _route(model, registry)
    while True:
        rows, expected, trouble = _golden(route.champion, store)
        answer = None if trouble else _answer(route, rows, predict)
        present = _route(model, registry)
        if present.champion != route.champion:
            route = present
            continue
        if trouble or answer is not None or timer() - began > PATIENCE:
            break
        sleep(PAUSE)
    seconds = timer() - began
    wrong = len(rows) if answer is None else _wrong(answer, expected)
    reason = trouble or _reason(answer, wrong, len(rows))
    proof = Proof(model, route.revision, route.champion.number, len(rows), wrong, seconds, reason)
    registry.tell(_told(proof, clock()))
    return proof


def _route(model: str, registry: Registry) -> Route:
    route = registry.route(model)
    if route is None:
        raise ModelNotTrained(f"{model} has no version in service")
    return route


def _golden(version: RoutedVersion, store: ObjectStore) -> tuple[list[Any], list[Any], str]:
    """Golden rows, what they must give, and what is wrong with them if anything is."""
    try:
        data = store.read(version.artifact_uri)
        golden = json.loads(load_artifact(data, version.artifact_digest).entries[GOLDEN])
        rows, expected = list(golden["rows"]), list(golden["expected"])
    except FileNotFoundError:
        return [], [], "the artifact is missing"
    except ArtifactError as error:
        return [], [], str(error)
    except (KeyError, TypeError, ValueError):
        return [], [], "the artifact has no golden rows that can be read"
    return rows, expected, "" if rows else "the artifact has no golden rows"


def _answer(route: Route, rows: Sequence[Any], predict: Predict) -> list[Any] | None:
    """The endpoint's predictions by the champion; None: it answers with another, or not at all."""
    try:
        response = predict(_event(route, rows))
        if response["statusCode"] != 200:
            return None
        document = json.loads(response["body"])
        return list(document["predictions"])
    except (Unavailable, KeyError, TypeError, ValueError):
        return None


def _event(route: Route, rows: Sequence[Any]) -> dict[str, object]:
    """A request as API Gateway hands it on, but for two things that only a direct call can say.

    The id says that this is no traffic. The version makes the endpoint refuse to answer with
    another, and leaves a running rollout out of it.
    """
    return {
        "resource": PREDICT,
        "httpMethod": "POST",
        "pathParameters": {"model": route.model, "version": str(route.champion.number)},
        "queryStringParameters": None,
        "headers": {"content-type": "application/json"},
        "requestContext": {"requestId": f"{PROOF}{route.model}-{route.revision}"},
        "body": json.dumps({"rows": rows}),
        "isBase64Encoded": False,
    }


def _wrong(answer: Sequence[Any], expected: Sequence[Any]) -> int:
    """How many rows were answered with something else."""
    if len(answer) != len(expected):
        return len(expected)
    pairs = zip(answer, expected, strict=True)
    return sum(
        not (
            _same(one.get("prediction"), wanted.get("value"))
            and _same(one.get("probabilities"), wanted.get("probabilities"))
        )
        for one, wanted in pairs
    )


def _same(one: Any, other: Any) -> bool:
    """Whether two parts of answers are equal, numbers up to rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, float) or isinstance(other, float):
        numbers = isinstance(one, int | float) and isinstance(other, int | float)
        return numbers and math.isclose(one, other, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    return bool(one == other)


def _reason(answer: Sequence[Any] | None, wrong: int, rows: int) -> str:
    if answer is None:
        return f"the endpoint did not answer with it within {PATIENCE:g} seconds"
    return f"{wrong} of {rows} golden rows were answered differently" if wrong else ""


def _told(proof: Proof, at: str) -> Event:
    return Event(
        model=proof.model,
        sequence=0,  # the registry gives it
        at=at,
        by="proof",
        what="route_proven" if proof.proven else "route_unproven",
        subject=f"route {proof.revision}",
        reason=proof.reason or f"{proof.rows} golden rows were answered as they must be",
        details={
            "version": str(proof.version),
            "rows": str(proof.rows),
            "wrong": str(proof.wrong),
            "seconds": f"{proof.seconds:.3f}",
        },
    )
