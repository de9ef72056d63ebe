"""Load on one server: keep-alive connections that ask as soon as they have been answered."""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass, field

_END = b"\r\n\r\n"


@dataclass
class Load:
    """What one round of load measured."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)  # milliseconds

    @property
    def per_second(self) -> float:
        """Answers per second, of all connections together."""
        return len(self.latencies) / self.seconds


@dataclass
class _Client:
    connection: socket.socket
    received: bytearray = field(default_factory=bytearray)
    asked: float = 0.0


def drive(port: int, request: bytes, *, clients: int, seconds: float) -> Load:
    """Send one request over and over.

    Args:
        port: of a server on the loopback interface.
        request: bytes of a whole HTTP/1.1 request.
        clients: connections, each with one request under way.
        seconds: for which new requests are sent.

    Raises:
        RuntimeError: an answer is no success, or a connection was closed.
    """
    load = Load()
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for _ in range(clients):
            client = _Client(socket.create_connection(("127.0.0.1", port), timeout=60))
            client.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(client.connection, selectors.EVENT_READ, client)
            _ask(client, request)
        while selector.get_map():
            for key, _ in selector.select():
                client = key.data
                if not _answered(client):
                    continue
                now = time.perf_counter()
                load.latencies.append((now - client.asked) * 1e3)
                if now - began < seconds:
                    _ask(client, request)
                else:
                    selector.unregister(client.connection)
                    client.connection.close()
        load.seconds = time.perf_counter() - began
    return load


def _ask(client: _Client, request: bytes) -> None:
    client.asked = time.perf_counter()
    client.connection.sendall(request)


def _answered(client: _Client) -> bool:
    """Read what has come; whether that completes the answer, which is then forgotten."""
    data = client.connection.recv(1 << 18)
    if not data:
        raise RuntimeError("the server closed a connection")
    client.received += data
    head, found, body = bytes(client.received).partition(_END)
    if not found:
        return False
    lines = head.lower().split(b"\r\n")
    if b" 200 " not in lines[0] + b" ":
        raise RuntimeError(f"the server answered {lines[0].decode()}")
    if b"transfer-encoding: chunked" in lines:
        complete = body.endswith(b"0" + _END)
    else:
        (length,) = [line for line in lines if line.startswith(b"content-length:")]
        complete = len(body) >= int(length.partition(b":")[2])
    if complete:
        client.received.clear()
    return complete
