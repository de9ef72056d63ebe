"""Problem documents (RFC 9457) for requests that API Gateway refuses before any function."""

from __future__ import annotations

import json

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

_PROBLEMS = {
    "INVALID_API_KEY": (403, "Forbidden", "the header x-api-key holds no key of this API"),
    "MISSING_AUTHENTICATION_TOKEN": (404, "Not Found", "there is nothing at this path and method"),
    "THROTTLED": (429, "Too Many Requests", "too many requests at once; try again in a moment"),
    "QUOTA_EXCEEDED": (429, "Too Many Requests", "the key's requests of this month are used up"),
    "BAD_REQUEST_BODY": (400, "Bad Request", "the body is not a JSON object"),
    "REQUEST_TOO_LARGE": (413, "Content Too Large", "a request may have up to 10 MB"),
    "INTEGRATION_TIMEOUT": (504, "Gateway Timeout", "no answer in time; send fewer rows"),
    "DEFAULT_4XX": (None, "Request refused", "the request cannot be answered"),
    "DEFAULT_5XX": (None, "Service error", "the request failed here; trying again may help"),
}


class GatewayProblems(Construct):
    """Gives every refusal of an API the same form as the function's own."""

    def __init__(self, scope: Construct, id_: str, *, api: apigateway.RestApi) -> None:
        """Args: api: the API."""
        super().__init__(scope, id_)
        for kind, (status, title, detail) in _PROBLEMS.items():
            api.add_gateway_response(
                kind.title().replace("_", ""),
                type=apigateway.ResponseType.of(kind),
                status_code=None if status is None else str(status),
                response_headers={"Content-Type": "'application/problem+json'"},
                templates={"application/json": _document(status, title, detail)},
            )


def _document(status: int | None, title: str, detail: str) -> str:
    document = {"type": "about:blank", "title": title, "detail": detail}
    if status is not None:
        return json.dumps({**document, "status": status})
    return json.dumps(document)
