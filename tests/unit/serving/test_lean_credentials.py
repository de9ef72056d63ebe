"""A function restored from a snapshot signs with fresh credentials."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest
from perennial.adapters.lean import Client
from perennial.adapters.lean_credentials import credentials_of
from perennial.errors import Unavailable


class Endpoint(BaseHTTPRequestHandler):
    """Lambda's own endpoint: hands out credentials that are good for `seconds`."""

    seconds: ClassVar[float] = 3600
    body: ClassVar[bytes | None] = None
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("authorization")))
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.seconds))
        told = {
            "AccessKeyId": f"key-{len(self.asked)}",
            "SecretAccessKey": "secret",
            "Token": "session",
            "Expiration": until,
        }
        content = json.dumps(told).encode() if self.body is None else self.body
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Silence."""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    monkeypatch.setattr(Endpoint, "asked", [])
    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield {
        "AWS_REGION": "eu-central-1",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{server.server_port}/2021/creds",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "given",
    }
    server.shutdown()
    server.server_close()


def test_nothing_is_fetched_before_it_is_needed(environment: dict[str, str]) -> None:
    client = Client("dynamodb", read_timeout=1.0, environment=environment)
    assert Endpoint.asked == []  # a client made before the snapshot holds no key
    assert client.credentials.access_key == "key-1"
    assert Endpoint.asked == [("/2021/creds", "given")]


def test_credentials_are_kept_while_they_are_good(environment: dict[str, str]) -> None:
    given = credentials_of(environment)
    assert given() is given()
    assert given().token == "session"


def test_those_about_to_expire_are_replaced(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Endpoint, "seconds", 60)
    given = credentials_of(environment)
    assert [given().access_key, given().access_key] == ["key-1", "key-2"]


@pytest.mark.parametrize("body", [b"", b"no", b"{}", b"[]", b'{"AccessKeyId": "a"}'])
def test_an_endpoint_that_answers_something_else_is_told(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(Endpoint, "body", body)
    with pytest.raises(Unavailable, match="credentials"):
        credentials_of(environment)()


def test_keys_of_the_environment_come_first(environment: dict[str, str]) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "s"}
    assert credentials_of(environment | keys)().access_key == "own"
    assert Endpoint.asked == []


def test_no_credentials_at_all_are_told() -> None:
    with pytest.raises(Unavailable, match="AWS_ACCESS_KEY_ID"):
        credentials_of({})
