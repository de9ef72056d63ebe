"""Reads one HTTP/1.1 response off a stream: RFC 9112, sections 4 to 7."""

from __future__ import annotations

from io import BytesIO

TYPE_CHECKING = False  # `typing` costs 3 ms to import and is needed by type checkers only
if TYPE_CHECKING:
    from typing import BinaryIO

_LINE_LIMIT = 65_536  # bytes of one header line


class BadReply(ConnectionError):
    """What came back is not a complete HTTP/1.1 response."""


class CutShort(BadReply):
    """What has come is the beginning of a response, and may be all there will ever be."""


class Reply:
    """A complete response; header names are lower case."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


def read_reply(stream: BinaryIO) -> tuple[Reply, bool]:
    """The response, and whether another may follow on the same connection.

    Raises:
        BadReply: it is not complete.
        OSError: the connection broke or timed out.
    """
    status = 100
    while 100 <= status < 200:  # informational responses come before the real one
        status, version = _status(_line(stream))
        headers = _headers(stream)
    reusable = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    if status in (204, 304):
        return Reply(status, headers, b""), reusable
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Reply(status, headers, _chunks(stream)), reusable
    if "content-length" in headers:
        return Reply(status, headers, _exactly(stream, headers["content-length"], 10)), reusable
    return Reply(status, headers, stream.read()), False


def next_reply(arrived: bytes) -> tuple[Reply, bool, int] | None:
    """The first response in what has arrived so far, as `read_reply`, and its size in bytes.

    None as long as it is not complete.

    Raises:
        BadReply: it never will be.
    """
    stream = BytesIO(arrived)
    try:
        reply, reusable = read_reply(stream)
    except CutShort:
        return None
    return reply, reusable, stream.tell()


def _status(line: str) -> tuple[int, str]:
    version, _, rest = line.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
        raise BadReply("the reply does not begin with an HTTP status line")
    return int(rest[:3]), version


def _headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    while line := _line(stream):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _line(stream: BinaryIO) -> str:
    line = stream.readline(_LINE_LIMIT + 1)
    if not line.endswith(b"\n"):
        if len(line) > _LINE_LIMIT:
            raise BadReply("a line of the reply has no end")
        raise CutShort("the reply ends in the middle of a line")
    return line.rstrip(b"\r\n").decode("latin-1")


def _exactly(stream: BinaryIO, length: str, base: int) -> bytes:
    try:
        wanted = int(length, base)
    except ValueError:
        raise BadReply("the reply gives a length that is no number") from None
    if wanted < 0:
        raise BadReply("the reply gives a length below nothing")
    data = stream.read(wanted)
    if len(data) != wanted:
        raise CutShort("the reply is shorter than it said")
    return data


def _chunks(stream: BinaryIO) -> bytes:
    parts = []
    while chunk := _exactly(stream, _line(stream).partition(";")[0], 16):
        parts.append(chunk)
        _line(stream)
    _headers(stream)  # the trailer section
    return b"".join(parts)
