"""The body of a prediction request, read strictly: what JSON leaves open is refused here."""

from __future__ import annotations

import binascii
from collections.abc import Mapping

from perennial.errors import RowProblem
from perennial.serving.gateway import Call
from perennial.serving.problems import (
    BODY_TOO_LARGE,
    INVALID_REQUEST,
    INVALID_ROWS,
    MALFORMED_BODY,
    TOO_MANY_ROWS,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
)
from perennial.serving.strict_json import parse

MAX_BODY = 1_048_576  # bytes
MAX_ROWS = 1_000  # 5 ms of trees; more belongs into a file
MAX_EXPLAINED = 100  # rows; the reasons of one take as long as a hundred predictions
_ENCODINGS = ("", "identity", "gzip")

Row = Mapping[str, object]


def read_rows(call: Call) -> list[Row]:
    """The rows of a request body, each an object; their fields are the engine's to check.

    What the body says about entities is noted in the call.

    Raises:
        Problem: the body is not `{"rows": [{...}, ...]}` in JSON, or it is too large.
    """
    document = _members(read_json(call))
    rows = _rows(document["rows"])
    if len(document) > 1:
        _read_entities(call, document, len(rows))
    return rows


def read_json(call: Call, *, nan: bool = False) -> object:
    """The document of a body in JSON; with `nan`, the word NaN in it is null.

    Raises:
        Problem: the body is not sent as JSON, is no JSON or is too large.
    """
    return parse(read_text(call, "application/json"), nan=nan)


def read_text(call: Call, media_type: str) -> str:
    """A body of a media type, which is what it is taken for where none is sent.

    Raises:
        Problem: it is of another one, is not UTF-8 or is too large.
    """
    _check_headers(call, media_type)
    return _text(call)


def _check_headers(call: Call, wanted: str) -> None:
    media_type, _, parameters = call.headers.get("content-type", "").lower().partition(";")
    if media_type.strip() not in ("", wanted):
        raise Problem(UNSUPPORTED_MEDIA_TYPE, f"Send it with Content-Type: {wanted}.")
    charset = parameters.partition("charset=")[2].partition(";")[0].strip().strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "Text is UTF-8; leave the charset out.")
    encoding = call.headers.get("content-encoding", "identity").lower()
    # What API Gateway can unpack has no need to be known here; what it left packed is bytes.
    if encoding not in _ENCODINGS and (encoding != "deflate" or call.base64):
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "Send the body as it is, or compressed by gzip.")


def _text(call: Call) -> str:
    """The body as text, once its size is known to be within the limit."""
    body = call.body
    # Base64 takes 4 characters for 3 bytes: even the encoded form of a body can be too large.
    _check_size(len(body) * 3 // 4 - 2 if call.base64 else len(body))
    # API Gateway unpacks compressed bodies and leaves the header: what arrives as text is unpacked.
    zipped = call.base64 and call.headers.get("content-encoding", "").lower() == "gzip"
    if body.isascii() and not call.base64:
        return body
    try:
        data = binascii.a2b_base64(body, strict_mode=True) if call.base64 else body.encode()
        if zipped:
            data = _unzipped(data)
        _check_size(len(data))
        text = data.decode()
    except UnicodeError:
        raise Problem(MALFORMED_BODY, "The body is not UTF-8.") from None
    except ValueError:
        raise Problem(MALFORMED_BODY, "The body is marked as base64 and is not.") from None
    return text.removeprefix("\ufeff")  # some clients send a byte order mark; RFC 8259, section 8.1


def _unzipped(data: bytes) -> bytes:
    """What gzip packed; unpacking ends where the limit is passed, however much would follow."""
    import zlib  # only who compresses pays for it

    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unzip.decompress(data, MAX_BODY + 1)
    except zlib.error:
        raise Problem(MALFORMED_BODY, "The body is marked as gzip and is not.") from None
    _check_size(len(unpacked))
    if not unzip.eof or unzip.unused_data:
        raise Problem(MALFORMED_BODY, "The compressed body is not one complete gzip member.")
    return unpacked


def _check_size(size: int) -> None:
    if size > MAX_BODY:
        raise Problem(BODY_TOO_LARGE, f"At most {MAX_BODY} bytes are accepted in one request.")


def _read_entities(call: Call, document: dict[str, object], rows: int) -> None:
    from perennial.serving.entities import HEADER, MEMBER, in_body  # most name none in the body

    if document.keys() != {"rows", MEMBER}:
        raise Problem(INVALID_REQUEST, f"The members of the body are `rows` and `{MEMBER}`.")
    if call.entities is not None:
        raise Problem(INVALID_REQUEST, f"Send either `{MEMBER}` or the header `{HEADER}`.")
    call.entities = in_body(document[MEMBER], rows)


def _members(document: object) -> dict[str, object]:
    if not isinstance(document, dict) or "rows" not in document:
        raise Problem(INVALID_REQUEST, 'Send an object: {"rows": [{"<feature>": <value>, ...}]}.')
    return document


def _rows(rows: object) -> list[Row]:
    if not isinstance(rows, list) or not rows:
        raise Problem(INVALID_REQUEST, "`rows` is a list of at least one row.")
    if len(rows) > MAX_ROWS:
        detail = f"At most {MAX_ROWS} rows are answered in one request; this one has {len(rows)}."
        raise Problem(TOO_MANY_ROWS, detail)
    wrong = [n for n, row in enumerate(rows) if not isinstance(row, dict)]
    if wrong:
        errors = [RowProblem(n, "", "a row is an object of features") for n in wrong]
        raise Problem(INVALID_ROWS, "Nothing was predicted.", errors=errors)
    return rows
