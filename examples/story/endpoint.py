"""Asks the endpoint as any application would, and counts what is not answered."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Endpoint:
    """One caller with one connection.

    Attributes:
        url: base of the API.
        key: sent as `x-api-key`.
        sent: how many requests there were, of any kind.
        requests: how many of them asked for predictions.
        failed: those of the latter that were not answered with 200, in words.
    """

    url: str
    key: str
    sent: int = 0
    requests: int = 0
    failed: list[str] = field(default_factory=list)
    _connection: http.client.HTTPConnection | None = None

    def predict(self, model: str, body: object) -> dict[str, Any] | None:
        """The answer to a prediction request, or None: it failed, and that is counted."""
        self.requests += 1
        try:
            status, answer = self._post(f"/v1/models/{model}/predict", body)
        except OSError as error:
            self.failed.append(f"request {self.requests}: {type(error).__name__}")
            return None
        if status != 200:
            self.failed.append(f"request {self.requests}: {status} {json.dumps(answer)[:300]}")
            return None
        return answer

    def tell(self, model: str, outcomes: list[dict[str, object]]) -> int:
        """Say what came true; how many outcomes were taken.

        Raises:
            RuntimeError: the request was refused.
            OSError: there was no answer, twice.
        """
        path, body = f"/v1/models/{model}/outcomes", {"outcomes": outcomes}
        try:
            status, answer = self._post(path, body)
        except OSError:  # an idle connection was closed; the same outcomes twice do no harm
            status, answer = self._post(path, body)
        if status != 202:
            raise RuntimeError(f"outcomes were answered with {status}: {answer}")
        return int(answer["accepted"])

    def _post(self, path: str, body: object) -> tuple[int, dict[str, Any]]:
        self.sent += 1
        address = urllib.parse.urlsplit(self.url)
        if self._connection is None:
            self._connection = http.client.HTTPConnection(str(address.netloc), timeout=35)
        headers = {"x-api-key": self.key, "content-type": "application/json"}
        try:
            self._connection.request("POST", address.path + path, json.dumps(body), headers)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise OSError(str(error)) from error

    def close(self) -> None:
        """End the connection; another request makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
