"""The answers that are errors, made of the catalogue of problems and of what API Gateway says.

API Gateway refuses some requests before any function runs; `GATEWAY` lists how, and a test
compares it with the stack that configures it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from perennial.serving.openapi_parts import JSON, TEXT, Part, listed, reference, shape
from perennial.serving.problems import CATALOGUE, MAX_ERRORS, MEDIA_TYPE, TYPE_PREFIX

GATEWAY_TYPE = "about:blank"
GATEWAY = {
    401: "The request carries no valid token.",
    403: "The request carries no right to ask.",
    413: "API Gateway takes no body of this size.",
    415: "The body is not what Content-Type and Content-Encoding say.",
    429: "Too many requests at once, or the quota of the key is used up.",
    500: "API Gateway could not run the request.",
    504: "There was no answer in time.",
}
_EVERYWHERE = frozenset({403, 429, 500, 504})  # said by API Gateway whatever the path is
_WITH_BODY = frozenset({413, 415})
_NATIVE, _V2 = "Problem", "OpenInference"  # the forms that errors have


def components() -> dict[str, Part]:
    """Responses by their names: one for each status, in the two forms that errors have."""
    statuses = sorted({*GATEWAY, *(kind.status for kind in CATALOGUE)})
    native = {f"{_NATIVE}{status}": _native(status) for status in statuses}
    # The protocol has no 422: a request that does not fit is a 400.
    others = [status for status in statuses if status != 422]
    return native | {f"{_V2}{status}": _open_inference(status) for status in others}


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


def responses(statuses: Iterable[int], *, with_body: bool) -> dict[str, Part]:
    """The error responses of an operation in the API's own form; `statuses` are the function's."""
    return _referred(_NATIVE, statuses, with_body)


def open_inference_responses(statuses: Iterable[int], *, with_body: bool) -> dict[str, Part]:
    """The same in the form of the Open Inference Protocol."""
    return _referred(_V2, statuses, with_body)


def form_of(path: str) -> str:
    """What the names of a path's error responses begin with."""
    return _V2 if path.startswith("/v2") else _NATIVE


def _referred(form: str, statuses: Iterable[int], with_body: bool) -> dict[str, Part]:
    every = {*statuses, *_EVERYWHERE, *(_WITH_BODY if with_body else ())}
    return {str(status): reference(f"{form}{status}", "responses") for status in sorted(every)}


def _native(status: int) -> Part:
    kinds = [kind for kind in CATALOGUE if kind.status == status]
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
