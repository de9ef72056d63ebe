"""Answers questions about models: from API Gateway's event to its response."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perennial.serving.gateway import Call, reply, reply_problem
from perennial.serving.problems import METHOD_NOT_ALLOWED, UNKNOWN_PATH, Problem, problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.serving.catalogue import Catalogue

MODELS = "/v1/models"
MODEL = "/v1/models/{model}"


def respond(
    event: Mapping[str, object], catalogue: Catalogue, log_failure: Callable[[Exception], None]
) -> dict[str, object]:
    """The proxy response to a proxy event; errors are responses, never exceptions.

    `log_failure` gets what is not the caller's doing.
    """
    call = Call(event)
    try:
        return reply(200, _document(call, catalogue))
    except Exception as error:
        problem = problem_of(error)
        if problem.kind.status >= 500:
            log_failure(error)
        return reply_problem(problem, call.request_id)


def _document(call: Call, catalogue: Catalogue) -> Mapping[str, object]:
    if call.resource not in (MODELS, MODEL):
        raise Problem(UNKNOWN_PATH, f"There are GET {MODELS} and GET {MODEL}.")
    if call.method != "GET":
        raise Problem(METHOD_NOT_ALLOWED, "Models are read by GET.", headers={"Allow": "GET"})
    return catalogue.models() if call.resource == MODELS else catalogue.model(call.path_model)
