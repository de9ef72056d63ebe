"""AWS Signature Version 4, as far as the hot path needs it, with the standard library.

Source: AWS Identity and Access Management User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import hmac
import time

_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials:
    """Who signs: access key, secret key, and the session token of temporary credentials."""

    __slots__ = ("access_key", "secret_key", "token")

    def __init__(self, access_key: str, secret_key: str, token: str = "") -> None:
        self.access_key = access_key
        self.secret_key = secret_key
        self.token = token

    def __repr__(self) -> str:
        return f"Credentials({self.access_key!r}, ...)"


def signed(
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    *,
    credentials: Credentials,
    service: str,
    region: str,
    now: float,
) -> dict[str, str]:
    """The headers to send: those given, and date, payload hash, token and signature.

    Args:
        method: upper case.
        path: absolute, percent-encoded exactly once, without a query.
        headers: lower-case names; must hold `host`.
        body: the payload.
        credentials: whose signature.
        service: signing name, such as `s3`.
        region: signing region.
        now: seconds since the epoch.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    payload = hashlib.sha256(body).hexdigest()
    sent = {**headers, "x-amz-date": stamp}
    if service == "s3":
        sent["x-amz-content-sha256"] = payload
    if credentials.token:
        sent["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(sent))
    lines = "".join(f"{name}:{' '.join(sent[name].split())}\n" for name in sorted(sent))
    canonical = f"{method}\n{path}\n\n{lines}\n{names}\n{payload}"
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = signing_key(credentials, scope)
    sent["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={_hmac(key, to_sign).hex()}"
    )
    return sent


def signing_key(credentials: Credentials, scope: str) -> bytes:
    """The key for a scope, `<day>/<region>/<service>/aws4_request`."""
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
