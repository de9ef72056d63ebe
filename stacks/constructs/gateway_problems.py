"""Problem documents (RFC 9457) for requests that API Gateway refuses before any function."""

from __future__ import annotations

import json

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

# One answer to whoever may not ask, whatever is or is not there: it says no more than that.
_REFUSED = (403, "Forbidden", "the request carries no right to ask this API")
_UNKNOWN_CALLER = (401, "Unauthorized", "the request carries no token this API accepts")
_BROKEN = "the request failed here; trying again may help"

_PROBLEMS = {
    "INVALID_API_KEY": _REFUSED,
    "MISSING_AUTHENTICATION_TOKEN": _REFUSED,
    "ACCESS_DENIED": _REFUSED,
    "INVALID_SIGNATURE": _REFUSED,
    "EXPIRED_TOKEN": _REFUSED,
    "WAF_FILTERED": _REFUSED,
    "UNAUTHORIZED": _UNKNOWN_CALLER,
    "THROTTLED": (429, "Too Many Requests", "too many requests at once; try again in a moment"),
    "QUOTA_EXCEEDED": (429, "Too Many Requests", "the key's requests of this period are used up"),
    "REQUEST_TOO_LARGE": (413, "Content Too Large", "the body is too large; send fewer rows"),
    "UNSUPPORTED_MEDIA_TYPE": (
        415,
        "Unsupported Media Type",
        "the body is not what Content-Type and Content-Encoding say",
    ),
    "INTEGRATION_TIMEOUT": (504, "Gateway Timeout", "no answer in time; send fewer rows"),
    "INTEGRATION_FAILURE": (504, "Gateway Timeout", _BROKEN),
    "DEFAULT_4XX": (None, "Request refused", "the request cannot be answered"),
    "DEFAULT_5XX": (None, "Service error", _BROKEN),
}
_RETRY_AFTER = {"THROTTLED": "1"}  # seconds


class GatewayProblems(Construct):
    """Gives every refusal of an API the same form as the functions' own.

    The member `error` repeats the detail: it is where the Open Inference Protocol's clients look.
    """

    def __init__(
        self, scope: Construct, id_: str, *, api: apigateway.RestApi, origin: str | None = None
    ) -> None:
        """Args: api: the API; origin: the one web page that may read the refusals, if any."""
        super().__init__(scope, id_)
        for kind, (status, title, detail) in _PROBLEMS.items():
            headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
            if kind in _RETRY_AFTER:
                headers["Retry-After"] = _RETRY_AFTER[kind]
            if origin:
                headers["Access-Control-Allow-Origin"] = origin
            api.add_gateway_response(
                kind.title().replace("_", ""),
                type=apigateway.ResponseType.of(kind),
                status_code=None if status is None else str(status),
                response_headers={name: f"'{value}'" for name, value in headers.items()},
                templates={"application/json": _document(status, title, detail)},
            )


def _document(status: int | None, title: str, detail: str) -> str:
    """A Velocity template; API Gateway puts the request's id in."""
    document: dict[str, object] = {"type": "about:blank", "title": title}
    if status is not None:
        document["status"] = status
    document["detail"] = document["error"] = detail
    document["instance"] = "urn:perennial:request:$context.requestId"
    return json.dumps(document)
