"""The body of a prediction request, read strictly: what JSON leaves open is refused here."""

from __future__ import annotations

import binascii
import json
import math
from collections.abc import Callable, Mapping

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

MAX_BODY = 1_048_576  # bytes
MAX_ROWS = 1_000  # 5 ms of trees; more belongs into a file
_INTEGER_DIGITS = 308  # a double has no room for more

Row = Mapping[str, object]


def read_rows(call: Call) -> list[Row]:
    """The rows of a request body, each an object; their fields are the engine's to check.

    Raises:
        Problem: the body is not `{"rows": [{...}, ...]}` in JSON, or it is too large.
    """
    return _rows(read_json(call))


def read_json(call: Call, *, nan: bool = False) -> object:
    """The document of a body in JSON; with `nan`, the word NaN in it is null.

    Raises:
        Problem: the body is not sent as JSON, is no JSON or is too large.
    """
    text = read_text(call, "application/json")
    return _parse(text, _nan if nan else _constant)


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
    charset = parameters.partition("charset=")[2].strip().strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "Text is UTF-8; leave the charset out.")
    if call.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "Send the body uncompressed.")


def _text(call: Call) -> str:
    """The body as text, once its size is known to be within the limit."""
    body = call.body
    # Base64 takes 4 characters for 3 bytes: even the encoded form of a body can be too large.
    _check_size(len(body) * 3 // 4 - 2 if call.base64 else len(body))
    try:
        data = binascii.a2b_base64(body, strict_mode=True) if call.base64 else body.encode()
        text = data.decode()
    except UnicodeError:
        raise Problem(MALFORMED_BODY, "The body is not UTF-8.") from None
    except ValueError:
        raise Problem(MALFORMED_BODY, "The body is marked as base64 and is not.") from None
    _check_size(len(data))
    return text.removeprefix("\ufeff")  # some clients send a byte order mark; RFC 8259, section 8.1


def _check_size(size: int) -> None:
    if size > MAX_BODY:
        raise Problem(BODY_TOO_LARGE, f"At most {MAX_BODY} bytes are accepted in one request.")


def _parse(text: str, constant: Callable[[str], object]) -> object:
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=constant, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem(MALFORMED_BODY, f"Not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise Problem(MALFORMED_BODY, "Arrays or objects are nested too deeply.") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are unique: of two values for one feature, which would count?"""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem(MALFORMED_BODY, "An object has the same name twice.")
    return found


def _constant(name: str) -> object:
    raise Problem(MALFORMED_BODY, f"{name} is no JSON; a missing value is null.")


def _nan(name: str) -> object:
    return None if name == "NaN" else _constant(name)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _INTEGER_DIGITS else math.inf


def _rows(document: object) -> list[Row]:
    if not isinstance(document, dict) or "rows" not in document:
        raise Problem(INVALID_REQUEST, 'Send an object: {"rows": [{"<feature>": <value>, ...}]}.')
    if len(document) > 1:
        raise Problem(INVALID_REQUEST, "The only member of the body is `rows`.")
    rows = document["rows"]
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
