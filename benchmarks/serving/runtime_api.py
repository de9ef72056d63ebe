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

from benchmarks.serving.load import Load

_PREFIX = "/2018-06-01/runtime/"
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
_FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:benchmark"


class _Pump:
    """A load that is under way: what is handed over, and what has come of it."""

    def __init__(self, event: bytes, began: float, seconds: float) -> None:
        self.event = event
        self.load = Load()
        self.running = True
        self.failed = False
        self.done = threading.Event()
        self._began = self._asked = began
        self._until = began + seconds

    def answered(self, succeeded: bool) -> None:
        """Note an answer; the next event is handed over at once, until time is up."""
        now = time.perf_counter()
        self.load.latencies.append((now - self._asked) * 1e3)
        self._asked = now
        self.failed = self.failed or not succeeded
        if now >= self._until or self.failed:
            self.running = False
            self.load.seconds = now - self._began
            self.done.set()


class RuntimeApi:
    """Serves one process that runs a Lambda runtime client."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._events: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[float, bool, bytes]] = queue.SimpleQueue()
        self._pump: _Pump | None = None
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
        self._events.put(_next(json.dumps(event).encode()))
        arrived, succeeded, body = self._answers.get(timeout=seconds)
        if not succeeded:
            raise RuntimeError(body.decode())
        return arrived, json.loads(body)

    def pump(self, event: dict[str, Any], seconds: float) -> Load:
        """Hand over the same event again and again, without a thread between the two.

        Raises:
            RuntimeError: the function failed.
        """
        pump = _Pump(_next(json.dumps(event).encode()), time.perf_counter(), seconds)
        self._pump = pump
        self._events.put(pump.event)
        if not pump.done.wait(seconds + 60) or pump.failed:
            raise RuntimeError("the function failed under load")
        self._pump = None
        return pump.load

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
                pump = self._pump
                if path == "invocation/next":
                    going_on = pump is not None and pump.running
                    connection.sendall(pump.event if going_on and pump else self._events.get())
                    continue
                succeeded = path.endswith("/response")
                if pump is None:
                    self._answers.put((time.perf_counter(), succeeded, body))
                connection.sendall(_ACCEPTED)
                if pump is not None:
                    pump.answered(succeeded)


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
