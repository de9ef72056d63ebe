"""Signed calls to an AWS service with the standard library only: what the hot path uses.

boto3 takes 250 ms to import and to make one client; this takes 10. It knows two operations,
DynamoDB GetItem and S3 GetObject, and is no start of another SDK.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from perennial.adapters.lean_credentials import credentials_of
from perennial.adapters.lean_http import Connection, Origin
from perennial.adapters.lean_reply import Reply
from perennial.adapters.lean_signing import Credentials, signed
from perennial.errors import Unavailable

ATTEMPTS = 2
_PAUSE = 0.05  # seconds before the second attempt


class Client:
    """Calls one service; every error that is not the caller's to decide is `Unavailable`."""

    def __init__(
        self,
        service: str,
        *,
        read_timeout: float,
        attempts: int = ATTEMPTS,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.service = service
        self.endpoint = _endpoint(service, environment)
        self.region = _required(environment, "AWS_REGION", "AWS_DEFAULT_REGION")
        self._credentials = credentials_of(environment)
        self._read_timeout = read_timeout
        self._attempts = attempts
        self._connections: dict[str, Connection] = {}

    @property
    def credentials(self) -> Credentials:
        """Those to sign with now.

        Raises:
            Unavailable: they have to be fetched, and do not come.
        """
        return self._credentials()

    def call(
        self, origin: Origin, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> Reply:
        """Sign and send; a transport error, a throttle or a 5xx is tried once more.

        Raises:
            Unavailable: all attempts failed that way.
        """
        for attempt in range(self._attempts):
            if attempt:
                time.sleep(_PAUSE)
            try:
                reply = self._send(origin, method, path, headers, body)
            except OSError as error:
                failure = type(error).__name__
                continue
            if not _transient(reply):
                return reply
            failure = _refusal(reply)
        raise Unavailable(f"{self.service} did not answer: {failure}")

    def refused(self, reply: Reply) -> Unavailable:
        """The error of a reply that is neither what was asked for nor worth another attempt."""
        return Unavailable(f"{self.service} refused the request: {_refusal(reply)}")

    def close(self) -> None:
        """Drop the connections; the next call opens new ones."""
        for connection in self._connections.values():
            connection.close()

    def _send(
        self, origin: Origin, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Reply:
        connection = self._connections.get(origin.authority)
        if connection is None:
            connection = Connection(origin, self._read_timeout)
            self._connections[origin.authority] = connection
        to_send = {"host": origin.authority, **headers}
        if body:
            to_send["content-length"] = str(len(body))
        to_send = signed(
            method,
            path,
            to_send,
            body,
            credentials=self.credentials,
            service=self.service,
            region=self.region,
            now=time.time(),
        )
        return connection.request(method, path, to_send, body)


def _transient(reply: Reply) -> bool:
    if reply.status in (429, 500, 502, 503, 504):
        return True
    return reply.status == 400 and any(
        name in reply.body
        for name in (b"ThroughputExceeded", b"Throttling", b"RequestLimitExceeded")
    )


def _refusal(reply: Reply) -> str:
    """Status and AWS's own name of the error: `__type` in JSON, `Code` in XML."""
    text = reply.body[:2_000].decode(errors="replace")
    quoted = text.partition('"__type"')[2].split('"', 2)
    code = quoted[1].rpartition("#")[2] if len(quoted) > 2 else ""
    code = code or text.partition("<Code>")[2].partition("</Code>")[0]
    return f"status {reply.status}" + (f", {code[:64]}" if code.isalnum() else "")


def _endpoint(service: str, environment: Mapping[str, str]) -> Origin | None:
    """The endpoint of the environment, by AWS's own variables, or None for AWS itself."""
    url = environment.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environment.get(
        "AWS_ENDPOINT_URL"
    )
    if not url or environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    return Origin.parse(url)


def domain(region: str) -> str:
    """The DNS suffix of the partition a region belongs to."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _required(environment: Mapping[str, str], *names: str) -> str:
    for name in names:
        if environment.get(name):
            return environment[name]
    raise Unavailable(f"the environment variable {names[0]} is not set")
