"""API Gateway's REST proxy event as a request, and an answer as its proxy response."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from perennial.serving.problems import INVALID_REQUEST, MEDIA_TYPE, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.serving.entities import Entities

# As in the spec; nothing else is ever looked up under a name from a path.
_MODEL_NAME = re.compile(r"[a-z][a-z0-9-]{0,47}")


class Call:
    """One request, as far as it concerns us."""

    __slots__ = (
        "assigned",
        "base64",
        "body",
        "entities",
        "event",
        "explain",
        "headers",
        "method",
        "path_model",
        "path_version",
        "probabilities",
        "query",
        "repeated",
        "request_id",
        "resource",
    )

    def __init__(self, event: Mapping[str, object]) -> None:
        """Read an event; what is missing in it becomes empty.

        `explain` (features to give reasons by, 0 for all, None for no reasons), `probabilities`
        and `entities` are for the protocol to set once it knows what was asked. `assigned` is
        the role that another function of ours has chosen already; no caller can set it, since
        API Gateway puts what they send below other names.
        """
        self.event = event
        context = _mapping(event.get("requestContext"))
        self.request_id = _text(context.get("requestId")) or "unknown"
        self.method = _text(event.get("httpMethod"))
        self.resource = _text(event.get("resource"))
        parameters = _mapping(event.get("pathParameters"))
        self.path_model = _text(parameters.get("model"))
        self.path_version = _text(parameters.get("version")) if "version" in parameters else None
        query = event.get("queryStringParameters")
        self.query = {name: _text(value) for name, value in _mapping(query).items()}
        self.repeated = _repeated(event) if self.query else ""
        self.assigned = _text(event.get("assigned"))
        self.entities: Entities = None
        self.explain: int | None = None
        self.probabilities = True
        self.headers = {
            name.lower(): value if type(value) is str else ""
            for name, value in _mapping(event.get("headers")).items()
        }
        self.body = _text(event.get("body"))
        self.base64 = event.get("isBase64Encoded") is True


def _repeated(event: Mapping[str, object]) -> str:
    """A parameter that the query has more than once, or nothing."""
    values = _mapping(event.get("multiValueQueryStringParameters"))
    many = (name for name, given in values.items() if isinstance(given, list) and len(given) > 1)
    return next(many, "")


def refuse_query(call: Call, instead: str) -> None:
    """Refuse parameters where there are none: a wish must not be passed over.

    Args:
        call: the request.
        instead: where in the body wishes are said.

    Raises:
        Problem: the query has parameters.
    """
    if call.query:
        raise Problem(INVALID_REQUEST, f"There are no parameters in the query; {instead}.")


def is_model_name(text: str) -> bool:
    """Whether a text can be the name of a model at all."""
    return _MODEL_NAME.fullmatch(text) is not None


def reply(
    status: int,
    document: Mapping[str, object],
    *,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """The proxy response that carries a document.

    Raises:
        ValueError: the document holds a number JSON does not have.
    """
    return {
        "statusCode": status,
        "headers": {"Content-Type": media_type, "Cache-Control": "no-store", **(headers or {})},
        "body": json.dumps(document, separators=(",", ":"), allow_nan=False),
        "isBase64Encoded": False,
    }


def reply_text(body: str) -> dict[str, object]:
    """The proxy response that carries a document that is JSON already."""
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store"},
        "body": body,
        "isBase64Encoded": False,
    }


def reply_problem(problem: Problem, request_id: str) -> dict[str, object]:
    """The proxy response that carries a problem."""
    return reply(
        problem.kind.status,
        problem.document(request_id),
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
