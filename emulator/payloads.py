"""Payload compression, as API Gateway does it for bodies and answers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
"""

import gzip
import zlib
from collections.abc import Mapping
from typing import Any, Final

# For zlib: which header to expect.
_WINDOWS: Final = {"gzip": 31, "deflate": 15}

Answer = tuple[int, dict[str, Any], bytes]


class TooLarge(ValueError):
    """A body is, or unpacks to, more than may be sent."""


class NotPacked(ValueError):
    """A body is not what its Content-Encoding says, or that names an encoding nobody knows."""


def unpacked(body: bytes, headers: Mapping[str, str], largest: int) -> bytes:
    """The body without its encoding; never more of it is held than is allowed.

    Raises:
        TooLarge: it has more bytes than `largest`.
        NotPacked: it cannot be unpacked.
    """
    if len(body) > largest:
        raise TooLarge
    coding = _header(headers, "content-encoding").strip().lower()
    if coding in ("", "identity"):
        return body
    if coding not in _WINDOWS:
        raise NotPacked
    unpacking = zlib.decompressobj(_WINDOWS[coding])
    try:
        plain = unpacking.decompress(body, largest + 1)
    except zlib.error:
        raise NotPacked from None
    if len(plain) > largest:
        raise TooLarge
    if not unpacking.eof:
        raise NotPacked
    return plain


def packed(answer: Answer, headers: Mapping[str, str], least: int) -> Answer:
    """The answer in gzip, where the caller asks for it and it is long enough."""
    status, own, body = answer
    wanted = [
        part.partition(";")[0].strip().lower()
        for part in _header(headers, "accept-encoding").split(",")
    ]
    if "gzip" not in wanted or len(body) < least or _header(own, "content-encoding"):
        return answer
    return status, {**own, "Content-Encoding": "gzip"}, gzip.compress(body, 5)


def _header(headers: Mapping[str, Any], name: str) -> str:
    for given, value in headers.items():
        if given.lower() == name:
            return str(value if isinstance(value, str) else value[-1])
    return ""
