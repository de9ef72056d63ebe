"""One kept-alive HTTP/1.1 connection over a plain or TLS socket.

`http.client` would do, but importing it costs the predict function 20 ms at every cold start
(it brings the `email` package); the two requests made here need a fraction of it.
"""

from __future__ import annotations

import os
import socket
import time
from _thread import allocate_lock
from functools import cache

from perennial.adapters.lean_reply import Reply, read_reply

TYPE_CHECKING = False  # `typing` costs 3 ms to import and is needed by type checkers only
if TYPE_CHECKING:
    import ssl
    from typing import BinaryIO

CONNECT_TIMEOUT = 1.0  # seconds
# A sandbox may be frozen for minutes; what was idle this long may be dead without saying so.
IDLE_LIMIT = 20.0  # seconds
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOADING = allocate_lock()  # connections may be opened by two threads of a cold start


class Origin:
    """Where to connect: scheme, host and port of an endpoint URL."""

    __slots__ = ("authority", "host", "port", "scheme")

    def __init__(self, scheme: str, host: str, port: int | None = None) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port or _DEFAULT_PORTS[scheme]
        shown = f"[{host}]" if ":" in host else host
        # The Host header leaves out the default port, and so does what is signed.
        self.authority = shown if self.port == _DEFAULT_PORTS[scheme] else f"{shown}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Origin:
        """The origin of `scheme://host[:port][/]`.

        Raises:
            ValueError: the URL is none, or it has a path.
        """
        scheme, separator, rest = url.rstrip("/").partition("://")
        bracketed, _, after = rest.partition("]")
        host, _, port = after.partition(":") if after or "]" in rest else rest.partition(":")
        if bracketed.startswith("["):
            host = bracketed[1:]
        if not separator or scheme not in _DEFAULT_PORTS or not host or "/" in rest:
            raise ValueError(f"not an endpoint URL: {url!r}")
        return cls(scheme, host, int(port) if port else None)


class Connection:
    """Opens on first use, stays open between requests, and opens again when it had to close."""

    def __init__(self, origin: Origin, read_timeout: float) -> None:
        self._origin = origin
        self._read_timeout = read_timeout
        self._socket: socket.socket | None = None
        self._stream: BinaryIO | None = None
        self._used_at = 0.0

    def request(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Send one request and read its response to the end.

        Raises:
            OSError: the connection could not be made, broke or timed out, or the reply is not
                complete (`BadReply`); the connection is closed.
        """
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        message = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body
        try:
            stream = self._open()
            assert self._socket is not None  # noqa: S101  _open has set it
            self._socket.sendall(message)
            reply, reusable = read_reply(stream)
        except BaseException:
            self.close()
            raise
        self._used_at = time.time()
        if not reusable:
            self.close()
        return reply

    def close(self) -> None:
        """Drop the connection; the next request opens another."""
        for part in (self._stream, self._socket):
            if part is not None:
                part.close()
        self._stream = self._socket = None

    def __del__(self) -> None:
        self.close()

    def _open(self) -> BinaryIO:
        # time.time(): the monotonic clock stands still while a sandbox is frozen.
        if self._stream is not None and time.time() - self._used_at < IDLE_LIMIT:
            return self._stream
        self.close()
        self._socket = connected(self._origin, self._read_timeout)
        self._stream = self._socket.makefile("rb")
        return self._stream


def connected(origin: Origin, read_timeout: float) -> socket.socket:
    """A new connection to an origin, which sends what it is given at once.

    Raises:
        OSError: it could not be made in time.
    """
    plain = socket.create_connection((origin.host, origin.port), CONNECT_TIMEOUT)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.settimeout(read_timeout)
        return _tls(plain, origin.host) if origin.scheme == "https" else plain
    except BaseException:
        plain.close()
        raise


def _tls(plain: socket.socket, host: str) -> socket.socket:
    with _LOADING:
        context = _trust(os.environ.get("AWS_CA_BUNDLE") or None)
    return context.wrap_socket(plain, server_hostname=host)


@cache
def _trust(bundle: str | None) -> ssl.SSLContext:
    """Reading the certificate authorities takes 20 ms: once for all connections."""
    import ssl  # 10 ms, and only where an endpoint asks for it

    return ssl.create_default_context(cafile=bundle)
