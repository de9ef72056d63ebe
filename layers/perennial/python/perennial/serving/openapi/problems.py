"""The answers that are errors, made of the catalogue of problems and of what API Gateway says.

API Gateway refuses some requests before any function runs; `GATEWAY` lists how, and a test
compares it with the stack that configures it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from perennial.serving.openapi.parts import JSON, TEXT, Part, listed, reference, shape
from perennial.serving.problems import (
    ANSWER_TOO_LARGE,
    APPROVAL_CLOSED,
    BODY_TOO_LARGE,
    CATALOGUE,
    INTERNAL_ERROR,
    INVALID_OUTCOMES,
    INVALID_REQUEST,
    INVALID_ROWS,
    MALFORMED_BODY,
    MAX_ERRORS,
    MEDIA_TYPE,
    MODEL_NOT_TRAINED,
    NO_APPROVAL,
    NO_EXPLANATION,
    NO_ROLLOUT,
    NOT_ACCEPTABLE,
    NOT_AN_APPROVER,
    NOT_APPROVED,
    NOT_HALTED,
    NOWHERE_TO_GO,
    ROUTE_CHANGED,
    TOO_MANY_ROWS,
    TYPE_PREFIX,
    UNAVAILABLE,
    UNKNOWN_MODEL,
    UNKNOWN_VERSION,
    UNSUPPORTED_MEDIA_TYPE,
    VERSION_REJECTED,
    Kind,
)

GATEWAY_TYPE = "about:blank"
GATEWAY = {
    401: "The request carries no valid token.",
    403: "The request carries no right to ask.",
    413: "API Gateway takes no body of this size.",
    415: "The body is not what Content-Type and Content-Encoding say.",
    429: "Too many requests at once, or the quota of the key is used up.",
    500: "API Gateway could not run the request.",
    502: "The function behind the path broke off.",
    504: "There was no answer in time.",
}
_EVERYWHERE = frozenset({403, 429, 500, 502, 504})  # said by API Gateway whatever the path is
_WITH_BODY = frozenset({413, 415})
_SECTION = "responses"
_NATIVE, _V2 = "Problem", "OpenInference"  # the forms that errors have


_BODY = (MALFORMED_BODY, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST)
_BROKEN = (INTERNAL_ERROR, UNAVAILABLE)
READING = (*_BROKEN, NOT_ACCEPTABLE)
CHANGING = (*_BROKEN, *_BODY, UNKNOWN_MODEL, ROUTE_CHANGED)
SETTING = (*CHANGING, UNKNOWN_VERSION, NOT_APPROVED)
DECIDING = (*CHANGING, UNKNOWN_VERSION, NOT_AN_APPROVER, NO_APPROVAL, APPROVAL_CLOSED)
TAKING_BACK = (*SETTING, MODEL_NOT_TRAINED, NOWHERE_TO_GO, VERSION_REJECTED)
INTERVENING = (*CHANGING, MODEL_NOT_TRAINED, NO_ROLLOUT)
RESUMING = (*CHANGING, NOT_HALTED)
FORGETTING = CHANGING
TAKING = (*_BROKEN, *_BODY, UNKNOWN_MODEL, TOO_MANY_ROWS, INVALID_OUTCOMES)
READING_A_MODEL = (*READING, UNKNOWN_MODEL)
READING_HISTORY = (*READING_A_MODEL, INVALID_REQUEST)
READING_AN_APPROVAL = (*READING_A_MODEL, NO_APPROVAL)
SCORING = (
    *(*READING, *_BODY, UNKNOWN_MODEL, MODEL_NOT_TRAINED),
    *(TOO_MANY_ROWS, ANSWER_TOO_LARGE, INVALID_ROWS),
)
PREDICTING = (*SCORING, NO_EXPLANATION)


def component(name: str) -> Part:
    """The response of a name, which says all about it: form, status, kinds of problem."""
    first, *slugs = name.split(".")
    if first.startswith(_V2):
        return _open_inference(int(first.removeprefix(_V2)))
    kinds = [kind for kind in CATALOGUE if kind.slug in slugs]
    return _native(int(first.removeprefix(_NATIVE)), kinds)


def schemas() -> dict[str, Part]:
    """What errors look like."""
    error = shape(
        {"row": {"type": "integer", "minimum": 0}, "field": TEXT, "reason": TEXT}, ["field"]
    )
    members = {
        "type": {"type": "string", "description": "Programs go by this."},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "People read this."},
        "instance": {"type": "string", "description": "Names the request, also in our logs."},
        "errors": listed(error, maxItems=MAX_ERRORS),
        "error": {"type": "string", "description": "Of API Gateway only: `detail` once more."},
        "error_code": {"type": "string", "description": "In MLflow's form only."},
        "message": {"type": "string", "description": "In MLflow's form only."},
    }
    problem = shape(members, ["status", "errors", "error", "error_code", "message"])
    return {
        _NATIVE: {"description": "RFC 9457.", **problem},
        f"{_V2}Error": shape({"error": TEXT}),
    }


def responses(kinds: Sequence[Kind], *, with_body: bool = False) -> dict[str, Part]:
    """The error responses of an operation: its function's problems, and API Gateway's."""
    statuses = _with_gateway((kind.status for kind in kinds), with_body)
    return {
        str(status): reference(".".join([f"{_NATIVE}{status}", *_slugs(kinds, status)]), _SECTION)
        for status in statuses
    }


def open_inference_responses(
    statuses: Iterable[int], *, with_body: bool = False
) -> dict[str, Part]:
    """The same in the form of the Open Inference Protocol, which has no kinds."""
    return {
        str(status): reference(f"{_V2}{status}", _SECTION)
        for status in _with_gateway(statuses, with_body)
    }


def refused_token(path: str) -> Part:
    """The response to a token that is not accepted."""
    return reference(f"{_V2 if path.startswith('/v2') else _NATIVE}401", _SECTION)


def _with_gateway(statuses: Iterable[int], with_body: bool) -> list[int]:
    return sorted({*statuses, *_EVERYWHERE, *(_WITH_BODY if with_body else ())})


def _slugs(kinds: Sequence[Kind], status: int) -> list[str]:
    return [kind.slug for kind in CATALOGUE if kind in kinds and kind.status == status]


def _native(status: int, kinds: Sequence[Kind]) -> Part:
    types = [TYPE_PREFIX + kind.slug for kind in kinds]
    told = [f"`{kind.slug}`: {kind.title}." for kind in kinds]
    if status in GATEWAY:
        types.append(GATEWAY_TYPE)
        told.append(f"`{GATEWAY_TYPE}`: {GATEWAY[status]}")
    narrowed = {"type": {"enum": types}, "status": {"const": status}}
    schema = {"allOf": [reference(_NATIVE), {"properties": narrowed}]}
    return _response(status, " ".join(told), {MEDIA_TYPE: {"schema": schema}})


def _open_inference(status: int) -> Part:
    content: dict[str, object] = {}
    told = []
    if any(kind.status == status for kind in CATALOGUE):
        content[JSON] = {"schema": reference(f"{_V2}Error")}
        told.append("`error` says what is wrong.")
    if status in GATEWAY:
        content[MEDIA_TYPE] = {"schema": reference(_NATIVE)}
        told.append(GATEWAY[status])
    return _response(status, " ".join(told), content)


def _response(status: int, description: str, content: Mapping[str, object]) -> Part:
    response: Part = {"description": description, "content": dict(content)}
    if status in (429, 503):
        schema = {"type": "integer", "minimum": 0}
        told = "Seconds to wait before sending it again."
        response["headers"] = {"Retry-After": {"description": told, "schema": schema}}
    return response
