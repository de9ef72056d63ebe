"""Answers questions about models: from API Gateway's event to its response."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perennial.serving.gateway import Call, reply, reply_problem
from perennial.serving.problems import METHOD_NOT_ALLOWED, UNKNOWN_PATH, Problem, problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.serving.catalogue import Catalogue

    Response = dict[str, object]

MODELS = "/v1/models"
MODEL = "/v1/models/{model}"
OPENAPI = "/openapi.json"
DOCS = "/docs"


def respond(
    event: Mapping[str, object], catalogue: Catalogue, log_failure: Callable[[Exception], None]
) -> Response:
    """The proxy response to a proxy event; errors are responses, never exceptions.

    `log_failure` gets what is not the caller's doing.
    """
    call = Call(event)
    try:
        return _answer(call, event, catalogue)
    except Exception as error:
        problem = problem_of(error)
        if problem.kind.status >= 500:
            log_failure(error)
        return reply_problem(problem, call.request_id)


def _answer(call: Call, event: Mapping[str, object], catalogue: Catalogue) -> Response:
    answer = _ANSWERS.get(call.resource)
    if answer is None:
        raise Problem(UNKNOWN_PATH, f"GET {OPENAPI} lists the paths there are.")
    if call.method != "GET":
        raise Problem(METHOD_NOT_ALLOWED, "This path is asked by GET.", headers={"Allow": "GET"})
    return answer(call, event, catalogue)


def _models(_call: Call, _event: Mapping[str, object], catalogue: Catalogue) -> Response:
    return reply(200, catalogue.models())


def _model(call: Call, _event: Mapping[str, object], catalogue: Catalogue) -> Response:
    return reply(200, catalogue.model(call.path_model))


def _openapi(_call: Call, event: Mapping[str, object], catalogue: Catalogue) -> Response:
    from perennial.serving.openapi import document  # 10 modules that other requests do not need
    from perennial.serving.openapi_server import server_of

    return reply(200, document(catalogue.documented(), [server_of(event)]))


def _docs(_call: Call, _event: Mapping[str, object], _catalogue: Catalogue) -> Response:
    from perennial.serving.docs_page import page

    return page()


_ANSWERS = {MODELS: _models, MODEL: _model, OPENAPI: _openapi, DOCS: _docs}
PATHS = tuple(_ANSWERS)  # each is asked by GET
