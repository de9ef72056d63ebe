"""Answers a request to the predict function: from API Gateway's event to its response.

Each path belongs to a protocol, a module that reads what was asked and words the answer. It is
imported with its first request, so that nobody waits for a protocol that is not spoken.
"""

from __future__ import annotations

import time
from importlib import import_module

from perennial.errors import NeedsPipelineRuntime, Unavailable
from perennial.serving.answering import answer_of, carried, rows_of
from perennial.serving.gateway import Call, reply
from perennial.serving.problems import (
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    UNAVAILABLE,
    UNKNOWN_PATH,
    Problem,
    problem_of,
)
from perennial.serving.router import CHAMPION

TYPE_CHECKING = False  # `typing` costs 3 ms to import and is needed by type checkers only
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from perennial.serving.answered import Answered
    from perennial.serving.journal import Journal
    from perennial.serving.models import Models
    from perennial.serving.ports import Capture, Protocol, Served, Shadowed

    Response = dict[str, object]
    Forward = Callable[[Mapping[str, object]], Response]

PREDICT = "/v1/models/{model}/predict"
EXPLAIN = "/v1/models/{model}/explain"
_V2_MODEL = "/v2/models/{model}"
_V2_VERSION = _V2_MODEL + "/versions/{version}"
# What is served: by resource, the method and the module in this package that speaks for it.
PATHS = {
    PREDICT: ("POST", "native"),
    EXPLAIN: ("POST", "native"),
    "/v1/models/{model}/invocations": ("POST", "mlflow_scoring"),
    "/v2": ("GET", "open_inference"),
    "/v2/health/live": ("GET", "open_inference"),
    "/v2/health/ready": ("GET", "open_inference"),
    _V2_MODEL: ("GET", "open_inference"),
    _V2_MODEL + "/ready": ("GET", "open_inference"),
    _V2_MODEL + "/infer": ("POST", "open_inference"),
    _V2_VERSION: ("GET", "open_inference"),
    _V2_VERSION + "/ready": ("GET", "open_inference"),
    _V2_VERSION + "/infer": ("POST", "open_inference"),
}
_USUAL = ("*/*", "application/json", "application/json, */*")
_LOADED: dict[str, Any] = {}
# Begins the id of a request that proves a route. API Gateway names its requests by itself, so this
# reaches us by direct calls alone; it is no traffic, and neither captured nor counted.
PROOF = "proof-"


class Progress:
    """How far a request has come; what its line in the log is made of."""

    __slots__ = ("compared", "loading", "model", "rows", "served", "started", "timed", "told")

    def __init__(self, started: float) -> None:
        self.started = started
        self.model = ""  # stays empty until it is known to be deployed
        self.rows = 0
        self.served: Served | None = None
        self.compared = False  # whether it counts for the version that served, as in a rollout
        self.timed = True  # whether its latency does
        self.loading = 0.0  # seconds spent to load a challenger, which no champion's request is
        self.told = False  # whether another function has written the line


class Endpoint:
    """The predict endpoint of all models."""

    def __init__(
        self,
        models: Models,
        journal: Journal,
        *,
        capture: Capture | None = None,
        forward: Forward | None = None,
        shadow: Shadowed | None = None,
    ) -> None:
        """Wire the endpoint.

        Args:
            models: finds what serves.
            journal: takes the request's line.
            capture: takes every answered prediction, after the answer has been made.
            forward: asks the function that runs users' pipelines, event in and response out.
            shadow: has an answered request answered by a shadow, too.
        """
        self._models = models
        self.journal = journal
        self.capture = capture
        self._forward = forward
        self.shadow = shadow

    def respond(self, event: Mapping[str, object]) -> Response:
        """The proxy response to a proxy event; errors are responses, never exceptions."""
        started = time.perf_counter()
        call = Call(event)
        self.journal.request_id = call.request_id
        progress = Progress(started)
        slug = None
        try:
            try:
                response = self._response(call, progress)
            except NeedsPipelineRuntime:
                return self.forwarded(event)
        except Exception as error:
            problem = problem_of(error)
            slug = problem.kind.slug
            self.record(error, problem)
            response = protocol_of(call.resource).problem(problem, call)
        if not progress.told:
            self._log(progress, response, slug)
        return response

    def _response(self, call: Call, progress: Progress) -> Response:
        path = PATHS.get(call.resource)
        if path is None:
            raise Problem(UNKNOWN_PATH, f"Predictions are made by POST {PREDICT}.")
        method, _ = path
        if call.method != method:
            detail = f"This path is asked by {method}."
            raise Problem(METHOD_NOT_ALLOWED, detail, headers={"Allow": method})
        accept = call.headers.get("accept", "*/*")
        if accept not in _USUAL and not _acceptable(accept):
            raise Problem(NOT_ACCEPTABLE, "Answers are application/json.")
        protocol = protocol_of(call.resource)
        if method == "GET":
            return reply(200, protocol.describe(call, self._models))
        return self._predict(protocol, call, progress)

    def _predict(self, protocol: Protocol, call: Call, progress: Progress) -> Response:
        model = call.path_model
        if self._models.known(model) and not call.request_id.startswith(PROOF):
            progress.model = model
        progress.served = served = self._models.find(model, call.path_version)
        if "x-entity-id" in call.headers:
            from perennial.serving.entities import HEADER, in_header  # most requests name none

            call.entities = in_header(call.headers[HEADER])
        if served.rollout is not None and self._takes_part(call, progress):
            from perennial.serving.dividing import Division  # only while there is a rollout

            division = Division(self, protocol, call, progress, served.rollout)
            return division.response(PATHS[call.resource][1])
        table = rows_of(protocol, call, served)
        progress.rows = len(table)
        answered = answer_of(call, served, table, PATHS[call.resource][1])
        response = carried(protocol.document(answered, call))
        self.keep(answered, progress)
        return response

    def _takes_part(self, call: Call, progress: Progress) -> bool:
        """Whether a rollout may decide who answers: not where a version, or its role, is named."""
        named = call.path_version is not None or call.assigned == CHAMPION
        return not named and bool(progress.model)  # a proof has none

    def keep(self, answered: Answered, progress: Progress) -> None:
        """Capture an answer, where this deployment does."""
        if self.capture is not None and not answered.request_id.startswith(PROOF):
            took = time.perf_counter() - progress.started - progress.loading
            self.capture(answered, took * 1e3)

    def forwarded(self, event: Mapping[str, object]) -> Response:
        """The response of the function that runs pipelines, untouched; it writes the log line.

        Raises:
            Unavailable: it did not answer, or there is none.
        """
        if self._forward is None:
            raise Unavailable("no function for pipelines is deployed")
        return self._forward(event)

    def record(self, error: Exception, problem: Problem) -> None:
        """Log an error that is ours."""
        if problem.kind is INTERNAL_ERROR:
            self.journal.failure(error)
        elif problem.kind is UNAVAILABLE:
            self.journal("ERROR", "request cannot be answered now", cause=str(error))

    def _log(self, progress: Progress, response: Response, slug: str | None) -> None:
        status = response["statusCode"]
        assert isinstance(status, int)  # noqa: S101  reply() has set it
        self.journal.answered(
            model=progress.model,
            status=status,
            rows=progress.rows,
            milliseconds=(time.perf_counter() - progress.started) * 1e3,
            version=progress.served.version if progress.served else None,
            problem=slug,
            compared=progress.compared,
            timed=progress.timed,
        )


def _acceptable(accept: str) -> bool:
    from perennial.serving.acceptable import accepts_json  # most callers accept everything

    return accepts_json(accept)


def protocol_of(resource: str) -> Protocol:
    """The module that speaks for a path; the native one where there is none."""
    _, name = PATHS.get(resource, PATHS[PREDICT])
    module = _LOADED.get(name)
    if module is None:
        module = _LOADED[name] = import_module(f"perennial.serving.protocols.{name}")
    return module
