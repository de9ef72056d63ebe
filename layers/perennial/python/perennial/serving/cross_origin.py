"""Web pages of other origins: which may call, and what a browser is told about that (CORS).

https://fetch.spec.whatwg.org/#http-cors-protocol. Imported only where a deployment names origins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Event = Mapping[str, object]
Response = dict[str, object]

_METHODS = "GET, POST, PUT"
_HEADERS = "authorization, content-encoding, content-type, x-api-key, x-entity-id"
_EXPOSED = "retry-after, allow"
_REMEMBERED = "7200"  # seconds; browsers remember no longer


def answered(event: Event, origins: str, respond: Callable[[Event], Response]) -> Response:
    """The response to an event, with what a browser must be told.

    Args:
        event: a proxy event.
        origins: the allowed ones, between commas; each is compared as a whole.
        respond: answers everything but a browser's question whether it may ask.
    """
    origin = _origin(event)
    allowed = bool(origin) and origin in origins.split(",")
    if event.get("httpMethod") == "OPTIONS":
        return _preflight(origin if allowed else "")
    response = respond(event)
    if allowed:
        headers = response.get("headers")
        response["headers"] = {
            **(headers if isinstance(headers, dict) else {}),
            **_told(origin),
            "Access-Control-Expose-Headers": _EXPOSED,
        }
    return response


def _preflight(origin: str) -> Response:
    """Without an allowed origin it says nothing, and the browser asks no further."""
    headers = {"Vary": "Origin"}
    if origin:
        headers = {
            **_told(origin),
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": _REMEMBERED,
        }
    return {"statusCode": 204, "headers": headers, "body": "", "isBase64Encoded": False}


def _told(origin: str) -> dict[str, str]:
    # Never `*`, and no credentials: keys and tokens are sent by the page, not by the browser.
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _origin(event: Event) -> str:
    headers = event.get("headers")
    if isinstance(headers, dict):
        for name, value in headers.items():
            if name.lower() == "origin" and isinstance(value, str):
                return value
    return ""
