"""Asks another Lambda function and waits for what it says, with one raw Invoke."""

from __future__ import annotations

import json

from perennial.adapters.lean import Client, domain
from perennial.adapters.lean_http import Origin
from perennial.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# Seconds without a byte: what is left to the caller, which API Gateway leaves 29, after a start.
READ_TIMEOUT = 23.0
_HEADERS = {"content-type": "application/json"}


class LeanFunction:
    """One function, invoked with a document and answering with one."""

    def __init__(self, name: str, client: Client | None = None) -> None:
        """Args: name: of the function; client: says where Lambda is and who signs."""
        # A function that did not answer in time would not do so when asked once more.
        self._client = client or Client("lambda", read_timeout=READ_TIMEOUT, attempts=1)
        region = self._client.region
        self._origin = self._client.endpoint or Origin("https", f"lambda.{region}.{domain(region)}")
        self._path = f"/2015-03-31/functions/{name}/invocations"

    def __call__(self, event: Mapping[str, object]) -> dict[str, Any]:
        """What the function returns for an event.

        Raises:
            Unavailable: Lambda did not answer, or refused, or the function broke.
        """
        body = json.dumps(event).encode()
        reply = self._client.call(self._origin, "POST", self._path, _HEADERS, body)
        if reply.status != 200:
            raise self._client.refused(reply)
        if "x-amz-function-error" in reply.headers:
            raise Unavailable("the function that was asked broke; its own log says why")
        try:
            answer = json.loads(reply.body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Unavailable("the function that was asked returned no document")
        return answer
