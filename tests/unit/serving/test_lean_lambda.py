"""Asking another function, against a server that plays Lambda."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from perennial.adapters.lean import Client
from perennial.adapters.lean_lambda import LeanFunction
from perennial.errors import Unavailable


class Lambda(HTTPServer):
    """Answers every Invoke with what it was told, and keeps what it was asked."""

    reply: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any, dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Lambda

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, body, dict(self.headers)))
        status, headers, answer = self.server.reply
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def played() -> Iterator[Lambda]:
    with Lambda() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def function(server: Lambda) -> LeanFunction:
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
    }
    client = Client("lambda", read_timeout=5, attempts=1, environment=environment)
    return LeanFunction("perennial-predict_pipeline", client)


def test_an_event_goes_out_and_the_document_comes_back_untouched(played: Lambda) -> None:
    played.reply = (200, {}, '{"statusCode": 200, "body": "é"}'.encode())
    assert function(played)({"resource": "/x"}) == {"statusCode": 200, "body": "é"}
    ((path, event, headers),) = played.asked
    assert path == "/2015-03-31/functions/perennial-predict_pipeline/invocations"
    assert event == {"resource": "/x"}
    assert "/eu-west-1/lambda/aws4_request" in headers["authorization"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((200, {"x-amz-function-error": "Unhandled"}, b'{"errorMessage": "secret"}'), "broke"),
        ((403, {}, b'{"__type": "AccessDeniedException"}'), "refused"),
        ((429, {}, b'{"__type": "TooManyRequestsException"}'), "did not answer"),
        ((500, {}, b"{}"), "did not answer"),
        ((200, {}, b"no json"), "returned no document"),
        ((200, {}, b"[]"), "returned no document"),
    ],
)
def test_a_function_that_does_not_answer_is_asked_once_and_told_apart(
    played: Lambda, reply: tuple[int, dict[str, str], bytes], said: str
) -> None:
    played.reply = reply
    with pytest.raises(Unavailable, match=said) as refused:
        function(played)({})
    assert "secret" not in str(refused.value)
    assert len(played.asked) == 1
