"""The lean HTTP client against a peer that says exactly what a test tells it to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from perennial.adapters import lean_http
from perennial.adapters.lean_http import Connection, Origin
from perennial.adapters.lean_reply import BadReply, Reply

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Peer:
    """Answers each request with the next of its replies, and remembers what it was sent."""

    def __init__(self, replies: list[bytes], context: ssl.SSLContext | None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._replies = replies
        self._context = context
        self.port = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._replies:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with plain:
                self._talk(plain)

    def _talk(self, plain: socket.socket) -> None:
        try:
            line = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            while self._replies and (request := line.recv(65_536)):
                self.requests.append(request)
                reply = self._replies.pop(0)
                line.sendall(reply)
                if b"close" in reply or not self._replies:
                    break
            if line is not plain:
                line.close()
        except OSError:
            return  # the client went away, as some tests want it to

    def close(self) -> None:
        self._replies.clear()
        with suppress(OSError):  # wakes the thread that waits for a connection
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._listener.close()
        self._thread.join(timeout=5)


@contextmanager
def peer(*replies: bytes, context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    made = Peer(list(replies), context)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def connection(made: Peer, scheme: str = "http", host: str = "127.0.0.1") -> Iterator[Connection]:
    opened = Connection(Origin(scheme, host, made.port), read_timeout=5)
    try:
        yield opened
    finally:
        opened.close()


def asked(*replies: bytes) -> Reply:
    with peer(*replies) as made, connection(made) as opened:
        return opened.request("GET", "/", {"host": "h"}, b"")


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length:   5  \r\n\r\nhello",
        b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        CHUNKED + b"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
        CHUNKED.replace(b"chunked", b"Chunked") + b"5\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Type: x\r\n\r\nhello",
    ],
)
def test_a_body_is_read_however_its_end_is_told(reply: bytes) -> None:
    found = asked(reply)
    assert (found.status, found.body) == (200, b"hello")


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_a_reply_without_a_body_has_none(status: bytes) -> None:
    assert asked(b"HTTP/1.1 " + status + b"\r\n\r\n").body == b""


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        CHUNKED + b"9\r\nhel",
        CHUNKED + b"xyz\r\nhello\r\n0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_half_a_reply_is_none(reply: bytes) -> None:
    with pytest.raises(BadReply):
        asked(reply)


def test_a_peer_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        opened = Connection(Origin("http", "127.0.0.1", silent.getsockname()[1]), 0.05)
        with pytest.raises(TimeoutError):
            opened.request("GET", "/", {}, b"")


def test_after_a_failure_the_connection_opens_anew() -> None:
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    broken = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhel"
    with peer(broken, good) as made, connection(made) as opened:
        with pytest.raises(BadReply):
            opened.request("GET", "/", {}, b"")
        assert opened.request("GET", "/", {}, b"").body == b"ok"
        assert made.connections == 2


def test_a_peer_that_closes_is_not_reused() -> None:
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    with peer(closing, closing) as made, connection(made) as opened:
        for _ in range(2):
            assert opened.request("GET", "/", {}, b"").body == b"ok"
        assert made.connections == 2


def test_a_request_is_sent_as_it_was_signed() -> None:
    with (
        peer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as made,
        connection(made) as opened,
    ):
        opened.request("POST", "/a%20b", {"host": "h", "content-length": "4"}, b"body")
        assert made.requests == [
            b"POST /a%20b HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nbody"
        ]


@pytest.mark.parametrize(
    "url", ["", "localhost:1", "ftp://x", "http://", "http://a/b", "http://a:b"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"endpoint URL|invalid literal"):
        Origin.parse(url)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of our own for `localhost`, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def over_tls(certificate: Path) -> Iterator[Connection]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with peer(ok, context=context) as made, connection(made, "https", "localhost") as opened:
        yield opened


def test_tls_is_spoken_with_a_peer_that_is_trusted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with over_tls(certificate) as opened:
        assert opened.request("GET", "/", {"host": "localhost"}, b"").body == b"ok"


def test_a_peer_without_a_known_certificate_is_not_spoken_to(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    with over_tls(certificate) as opened, pytest.raises(ssl.SSLCertVerificationError):
        opened.request("GET", "/", {"host": "localhost"}, b"")


def test_certificate_authorities_are_read_once(certificate: Path) -> None:
    assert lean_http._trust(str(certificate)) is lean_http._trust(str(certificate))
