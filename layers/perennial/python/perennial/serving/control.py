"""`PUT /v1/models/{model}/route`: an operator puts a version in service, an older one too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from perennial.errors import UnknownModel, UnknownVersion
from perennial.registry.records import Route, RoutedVersion
from perennial.registry.routing import choose_champion
from perennial.registry.store import Registry
from perennial.serving.gateway import Call, reply, reply_problem
from perennial.serving.problems import (
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    UNKNOWN_PATH,
    UNKNOWN_VERSION,
    Problem,
    problem_of,
)
from perennial.serving.rows import read_json

ROUTE = "/v1/models/{model}/route"
REASON_LIMIT = 500  # characters
_MEMBERS = ("version", "reason", "expected_revision")

Clock = Callable[[], str]


def respond(
    event: Mapping[str, object],
    *,
    models: Collection[str],
    registry: Registry,
    clock: Clock,
    log_failure: Callable[[Exception], None],
) -> dict[str, object]:
    """The proxy response to a proxy event; errors are responses, never exceptions.

    Args:
        event: of API Gateway, which has checked the signature.
        models: the deployed ones.
        registry: keeps routes and history.
        clock: gives the present moment.
        log_failure: gets what is not the caller's doing.
    """
    call = Call(event)
    try:
        return reply(200, _document(_changed(call, _operator(event), models, registry, clock)))
    except UnknownVersion:
        detail = "The model has no version of that number."
        return reply_problem(Problem(UNKNOWN_VERSION, detail), call.request_id)
    except Exception as error:
        problem = problem_of(error)
        if problem.kind.status >= 500:
            log_failure(error)
        return reply_problem(problem, call.request_id)


def _changed(
    call: Call, by: str, models: Collection[str], registry: Registry, clock: Clock
) -> Route:
    if call.resource != ROUTE:
        raise Problem(UNKNOWN_PATH, f"There is PUT {ROUTE}.")
    if call.method != "PUT":
        raise Problem(METHOD_NOT_ALLOWED, "A route is set by PUT.", headers={"Allow": "PUT"})
    if call.path_model not in models:
        raise UnknownModel(f"no model named {call.path_model!r} is deployed")
    if not by:
        raise PermissionError("API Gateway names no caller: the method does not ask for one")
    wanted = _wanted(read_json(call))
    return choose_champion(
        call.path_model,
        _number(wanted, "version"),
        by=by,
        reason=_reason(wanted),
        expected_revision=_number(wanted, "expected_revision", least=0)
        if "expected_revision" in wanted
        else None,
        registry=registry,
        clock=clock,
    )


def _operator(event: Mapping[str, object]) -> str:
    """The ARN of the principal that signed the request."""
    context = event.get("requestContext")
    identity = context.get("identity") if isinstance(context, dict) else None
    arn = identity.get("userArn") if isinstance(identity, dict) else None
    return arn if isinstance(arn, str) else ""


def _wanted(body: object) -> dict[str, object]:
    if not isinstance(body, dict):
        raise Problem(INVALID_REQUEST, "The body is an object with `version` and `reason`.")
    for name in body:
        if name not in _MEMBERS:
            raise Problem(INVALID_REQUEST, f"The body has only {', '.join(_MEMBERS)}.")
    return body


def _number(wanted: Mapping[str, object], name: str, least: int = 1) -> int:
    value = wanted.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise Problem(INVALID_REQUEST, f"`{name}` is a whole number from {least}.")
    return value


def _reason(wanted: Mapping[str, object]) -> str:
    value = wanted.get("reason")
    if not isinstance(value, str) or not 0 < len(value.strip()) <= REASON_LIMIT:
        raise Problem(INVALID_REQUEST, f"`reason` says why, in at most {REASON_LIMIT} characters.")
    return value.strip()


def _document(route: Route) -> dict[str, object]:
    return {
        "model": route.model,
        "revision": route.revision,
        "champion": _version(route.champion),
        "previous": _version(route.previous) if route.previous else None,
        "changed_at": route.changed_at,
        "changed_by": route.changed_by,
        "reason": route.reason,
    }


def _version(version: RoutedVersion) -> dict[str, object]:
    return {"version": version.number, "artifact_digest": version.artifact_digest}
