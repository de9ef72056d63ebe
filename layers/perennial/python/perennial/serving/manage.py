"""Answers questions about models: from API Gateway's event to its response."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perennial.serving.acceptable import accepts_json
from perennial.serving.approvals import PATH as APPROVAL
from perennial.serving.gateway import Call, reply, reply_problem
from perennial.serving.problems import (
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    UNKNOWN_PATH,
    Problem,
    problem_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.serving.catalogue import Catalogue

    Response = dict[str, object]

MODELS = "/v1/models"
MODEL = "/v1/models/{model}"
ROLLOUT = "/v1/models/{model}/rollout"
HISTORY = "/v1/models/{model}/history"
OPENAPI = "/openapi.json"
DOCS = "/docs"


class Asked:
    """One request, and what is needed to answer it."""

    __slots__ = ("auth", "call", "catalogue", "event")

    def __init__(self, event: Mapping[str, object], catalogue: Catalogue, auth: str) -> None:
        self.event = event
        self.call = Call(event)
        self.catalogue = catalogue
        self.auth = auth


def respond(
    event: Mapping[str, object],
    catalogue: Catalogue,
    log_failure: Callable[[Exception], None],
    auth: str = "key",
) -> Response:
    """The proxy response to a proxy event; errors are responses, never exceptions.

    Args:
        event: of API Gateway.
        catalogue: the deployed models.
        log_failure: gets what is not the caller's doing.
        auth: what callers show, as the API's document says it.
    """
    asked = Asked(event, catalogue, auth)
    try:
        return _answer(asked)
    except Exception as error:
        problem = problem_of(error)
        if problem.kind.status >= 500:
            log_failure(error)
        return reply_problem(problem, asked.call.request_id)


def _answer(asked: Asked) -> Response:
    answer = _ANSWERS.get(asked.call.resource)
    if answer is None:
        raise Problem(UNKNOWN_PATH, f"GET {OPENAPI} lists the paths there are.")
    if asked.call.method != "GET":
        raise Problem(METHOD_NOT_ALLOWED, "This path is asked by GET.", headers={"Allow": "GET"})
    if answer is not _docs and not accepts_json(asked.call.headers.get("accept", "*/*")):
        raise Problem(NOT_ACCEPTABLE, "Answers are application/json.")
    return answer(asked)


def _models(asked: Asked) -> Response:
    return reply(200, asked.catalogue.models())


def _model(asked: Asked) -> Response:
    return reply(200, asked.catalogue.model(asked.call.path_model))


def _rollout(asked: Asked) -> Response:
    return reply(200, asked.catalogue.rollout(asked.call.path_model))


def _approval(asked: Asked) -> Response:
    call = asked.call
    return reply(200, asked.catalogue.approval(call.path_model, call.path_version))


def _history(asked: Asked) -> Response:
    return reply(200, asked.catalogue.history(asked.call.path_model, asked.call.query))


def _openapi(asked: Asked) -> Response:
    # Ten modules that other requests do not need.
    from perennial.serving.openapi.document import document
    from perennial.serving.openapi.server import server_of

    models, servers = asked.catalogue.documented(), [server_of(asked.event)]
    return reply(200, document(models, servers, asked.auth))


def _docs(_asked: Asked) -> Response:
    from perennial.serving.openapi.page import page

    return page()


_ANSWERS = {
    MODELS: _models,
    MODEL: _model,
    ROLLOUT: _rollout,
    APPROVAL: _approval,
    HISTORY: _history,
    OPENAPI: _openapi,
    DOCS: _docs,
}
PATHS = tuple(_ANSWERS)  # each is asked by GET
