"""The Lambda Runtime API over a plain socket: hands events to one runtime client.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import queue
import socket
import threading
import time
from types import TracebackType
from typing import Any, BinaryIO, Self

_PREFIX = "/2018-06-01/runtime/"
_FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:benchmark"


class RuntimeApi:
    """Serves one process that runs a Lambda runtime client."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._events: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[float, bool, bytes]] = queue.SimpleQueue()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()

    def invoke(self, event: dict[str, Any], seconds: float = 60) -> tuple[float, Any]:
        """Hand over an event; when its answer had arrived (perf_counter), and the answer.

        Raises:
            RuntimeError: the function failed.
        """
        self._events.put(json.dumps(event).encode())
        arrived, succeeded, body = self._answers.get(timeout=seconds)
        if not succeeded:
            raise RuntimeError(body.decode())
        return arrived, json.loads(body)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while request := _request(stream):
                path, body = request
                if path == "invocation/next":
                    connection.sendall(_next(self._events.get()))
                    continue
                self._answers.put((time.perf_counter(), path.endswith("/response"), body))
                connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")


def _request(stream: BinaryIO) -> tuple[str, bytes] | None:
    try:
        first = stream.readline().decode()
    except ConnectionError:
        return None
    if not first:
        return None
    length, chunked = 0, False
    while (line := stream.readline().strip().lower()) != b"":
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
        chunked = chunked or line == b"transfer-encoding: chunked"
    body = b"".join(_chunks(stream)) if chunked else stream.read(length)
    return first.split()[1].removeprefix(_PREFIX), body


def _chunks(stream: BinaryIO) -> list[bytes]:
    chunks = []
    while size := int(stream.readline(), 16):
        chunks.append(stream.read(size))
        stream.readline()
    stream.readline()
    return chunks


def _next(event: bytes) -> bytes:
    deadline = int(time.time() * 1e3) + 60_000
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(event)}\r\n"
        f"Lambda-Runtime-Aws-Request-Id: {time.perf_counter_ns():032x}\r\n"
        f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
        f"Lambda-Runtime-Invoked-Function-Arn: {_FUNCTION}\r\n\r\n"
    )
    return head.encode() + event
