"""A queue over a real socket, which behaves as it is told: refuses, hangs up, says nothing.

It is SQS, or the queue of events in front of a Lambda function, by the path it is asked at.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION: Final = "eu-central-1"
KEY_ID, SECRET, TOKEN = "AKIDTESTING", "a-secret", "a-session-token"
FUNCTION: Final = "perennial-shadow"
URL: Final = "https://sqs.example/123456789012/perennial-captures"

Behaviour = Callable[[socket.socket], bool]  # answers one request; false ends the connection


class QueueDouble:
    """What arrived, and how the next requests are answered.

    Attributes:
        bodies: of the messages, in the order in which they arrived.
        connections: how many were opened.
        behaviours: one for each request to come; afterwards every message is confirmed.
        reading: cleared, nothing is read any more.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.bodies: list[str] = []
        self.connections = 0
        self.behaviours: list[Behaviour] = []
        self.reading = threading.Event()
        self.reading.set()
        self.port = 0
        self._context = context

    @property
    def environment(self) -> dict[str, str]:
        """What Lambda would put into a function's environment."""
        host = "https://localhost" if self._context else "http://127.0.0.1"
        return {
            "AWS_ENDPOINT_URL_SQS": f"{host}:{self.port}",
            "AWS_ENDPOINT_URL_LAMBDA": f"{host}:{self.port}",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": TOKEN,
        }

    def wait_for(self, messages: int) -> list[str]:
        """The bodies, once there are so many."""
        deadline = time.monotonic() + 20
        while len(self.bodies) < messages:
            assert time.monotonic() < deadline, f"{len(self.bodies)} of {messages} have arrived"
            time.sleep(0.005)
        return self.bodies

    def serve(self, listener: socket.socket) -> None:
        """Accept connections until the listener is closed."""
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve_one, args=(connection,), daemon=True)
            thread.start()

    def _serve_one(self, plain: socket.socket) -> None:
        try:
            wrapped = self._context.wrap_socket(plain, server_side=True) if self._context else plain
        except OSError:
            return  # the client does not trust us
        self._talk(wrapped)

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while self.reading.wait(20):
                try:
                    if not self._request(connection, stream):
                        return
                except OSError:
                    return

    def _request(self, connection: socket.socket, stream: Any) -> bool:
        line = stream.readline()
        if not line:
            return False
        headers = dict(
            field.decode().strip().split(": ", 1) for field in iter(stream.readline, b"\r\n")
        )
        body = stream.read(int(headers["content-length"]))
        path = line.split()[1].decode()
        assert_signed(path, headers, body)
        if path == "/":
            assert headers["x-amz-target"] == "AmazonSQS.SendMessage"
            document = json.loads(body)
            assert document["QueueUrl"] == URL
            self.bodies.append(document["MessageBody"])
        else:
            assert path == f"/2015-03-31/functions/{FUNCTION}/invocations"
            assert headers["x-amz-invocation-type"] == "Event"
            self.bodies.append(body.decode())
        behave = self.behaviours.pop(0) if self.behaviours else confirm
        return behave(connection)


def assert_signed(path: str, headers: dict[str, str], body: bytes) -> None:
    """Sign what was signed, with botocore, and compare."""
    given = headers["authorization"]
    names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    again = AWSRequest(
        "POST",
        f"http://{headers['host']}{path}",
        headers={name: headers[name] for name in names},
        data=body,
    )
    again.context["timestamp"] = headers["x-amz-date"]
    service = "sqs" if path == "/" else "lambda"
    signer = SigV4Auth(Credentials(KEY_ID, SECRET, TOKEN), service, REGION)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    assert given.endswith(f"Signature={signer.signature(text, again)}")


def confirm(connection: socket.socket) -> bool:
    """As SQS does."""
    return answer(200, '{"MessageId":"m"}')(connection)


def answer(status: int, body: str, *, close: bool = False) -> Behaviour:
    """Answer with a status."""

    def behave(connection: socket.socket) -> bool:
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n"
        head += "Connection: close\r\n" if close else ""
        connection.sendall(f"{head}\r\n{body}".encode())
        return not close

    return behave


def hang_up(connection: socket.socket) -> bool:
    """Close without a word."""
    del connection
    return False


def half_close(connection: socket.socket) -> bool:
    """Confirm, then close this side only."""
    confirm(connection)
    connection.shutdown(socket.SHUT_WR)
    return True


def say_nothing(connection: socket.socket) -> bool:
    """Take the message and never answer."""
    del connection
    return True


def talk_nonsense(connection: socket.socket) -> bool:
    """Answer with what is no HTTP."""
    connection.sendall(b"220 mail.example ESMTP\r\n")
    return True


@contextmanager
def queue_double(port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[QueueDouble]:
    """Run the double, on a free port or a given one; with TLS, where there is a context."""
    double = QueueDouble(context)
    with socket.create_server(("127.0.0.1", port)) as listener:
        double.port = listener.getsockname()[1]
        thread = threading.Thread(target=double.serve, args=(listener,), daemon=True)
        thread.start()
        yield double
        double.reading.set()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
