"""Answers a request to the predict function: from API Gateway's event to its response.

Each path belongs to a protocol, a module that reads what was asked and words the answer. It is
imported with its first request, so that nobody waits for a protocol that is not spoken.
"""

from __future__ import annotations

import time
from importlib import import_module

from perennial.errors import NeedsPipelineRuntime, Unavailable
from perennial.serving.answered import Answered
from perennial.serving.gateway import Call, reply, reply_text
from perennial.serving.problems import (
    ANSWER_TOO_LARGE,
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    TOO_MANY_ROWS,
    UNAVAILABLE,
    UNKNOWN_PATH,
    Problem,
    problem_of,
)
from perennial.serving.rows import MAX_EXPLAINED

TYPE_CHECKING = False  # `typing` costs 3 ms to import and is needed by type checkers only
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from perennial.serving.journal import Journal
    from perennial.serving.models import Models
    from perennial.serving.ports import Capture, Protocol, Served

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
MAX_ANSWER = 6_000_000  # bytes; Lambda carries 6 MiB, with headers and all


class Progress:
    """How far a request has come; what its line in the log is made of."""

    __slots__ = ("model", "rows", "served")

    def __init__(self) -> None:
        self.model = ""  # stays empty until it is known to be deployed
        self.rows = 0
        self.served: Served | None = None


class Endpoint:
    """The predict endpoint of all models."""

    def __init__(
        self,
        models: Models,
        journal: Journal,
        *,
        capture: Capture | None = None,
        forward: Forward | None = None,
    ) -> None:
        """Wire the endpoint.

        Args:
            models: finds what serves.
            journal: takes the request's line.
            capture: takes every answered prediction, after the answer has been made.
            forward: asks the function that runs users' pipelines, event in and response out.
        """
        self._models = models
        self._journal = journal
        self._capture = capture
        self._forward = forward

    def respond(self, event: Mapping[str, object]) -> Response:
        """The proxy response to a proxy event; errors are responses, never exceptions."""
        started = time.perf_counter()
        call = Call(event)
        self._journal.request_id = call.request_id
        progress = Progress()
        slug = None
        try:
            try:
                response = self._response(call, progress, started)
            except NeedsPipelineRuntime:
                return self._forwarded(event)
        except Exception as error:
            problem = problem_of(error)
            slug = problem.kind.slug
            self._record(error, problem)
            response = _protocol(call.resource).problem(problem, call)
        self._log(progress, response, slug, started)
        return response

    def _response(self, call: Call, progress: Progress, started: float) -> Response:
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
        protocol = _protocol(call.resource)
        if method == "GET":
            return reply(200, protocol.describe(call, self._models))
        return self._predict(protocol, call, progress, started)

    def _predict(
        self, protocol: Protocol, call: Call, progress: Progress, started: float
    ) -> Response:
        model = call.path_model
        if self._models.known(model):
            progress.model = model
        progress.served = served = self._models.find(model, call.path_version)
        table = protocol.rows(call, served)
        progress.rows = len(table)
        if call.explain is not None and len(table) > MAX_EXPLAINED:
            detail = f"Reasons are given for at most {MAX_EXPLAINED} rows in one request."
            raise Problem(TOO_MANY_ROWS, detail)
        engine = served.engine
        predictions = engine.predict(table)
        reasons = None if call.explain is None else engine.explain(table)
        answered = Answered(
            model, served, call.request_id, table, predictions, reasons, PATHS[call.resource][1]
        )
        document = protocol.document(answered, call)
        response = reply_text(document) if isinstance(document, str) else reply(200, document)
        body = str(response["body"])
        if len(body) * 2 > MAX_ANSWER and _carried(body) > MAX_ANSWER:
            raise Problem(ANSWER_TOO_LARGE, f"It has over {MAX_ANSWER} bytes; send fewer rows.")
        if self._capture is not None:
            self._capture(answered, (time.perf_counter() - started) * 1e3)
        return response

    def _forwarded(self, event: Mapping[str, object]) -> Response:
        """The response of the function that runs pipelines, untouched; it writes the log line."""
        if self._forward is None:
            raise Unavailable("no function for pipelines is deployed")
        return self._forward(event)

    def _record(self, error: Exception, problem: Problem) -> None:
        if problem.kind is INTERNAL_ERROR:
            self._journal.failure(error)
        elif problem.kind is UNAVAILABLE:
            self._journal("ERROR", "request cannot be answered now", cause=str(error))

    def _log(
        self, progress: Progress, response: Response, slug: str | None, started: float
    ) -> None:
        status = response["statusCode"]
        assert isinstance(status, int)  # noqa: S101  reply() has set it
        self._journal.answered(
            model=progress.model,
            status=status,
            rows=progress.rows,
            milliseconds=(time.perf_counter() - started) * 1e3,
            version=progress.served.version if progress.served else None,
            problem=slug,
        )


def _acceptable(accept: str) -> bool:
    from perennial.serving.acceptable import accepts_json  # most callers accept everything

    return accepts_json(accept)


def _protocol(resource: str) -> Protocol:
    """The module that speaks for a path; the native one where there is none."""
    _, name = PATHS.get(resource, PATHS[PREDICT])
    module = _LOADED.get(name)
    if module is None:
        module = _LOADED[name] = import_module(f"perennial.serving.protocols.{name}")
    return module


def _carried(body: str) -> int:
    """Bytes of a body on its way out of Lambda, where it is a JSON text inside another."""
    return len(body) + body.count('"') + body.count("\\")
