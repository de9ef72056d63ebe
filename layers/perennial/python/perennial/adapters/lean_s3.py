"""Artifacts, read with a raw GetObject."""

from __future__ import annotations

from perennial.adapters.lean import Client, domain
from perennial.adapters.lean_http import Origin
from perennial.registry.layout import split_uri

READ_TIMEOUT = 5.0  # seconds without a byte
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


class LeanObjects:
    """Reads whole objects."""

    def __init__(self, client: Client | None = None) -> None:
        self._client = client or Client("s3", read_timeout=READ_TIMEOUT)

    def read(self, uri: str) -> bytes:
        """All bytes of an object.

        Raises:
            FileNotFoundError: there is none.
            Unavailable: the store did not answer, or refused.
        """
        bucket, key = split_uri(uri)
        origin, path = self._address(bucket, _encoded(key))
        reply = self._client.call(origin, "GET", path, {})
        if reply.status == 404:
            raise FileNotFoundError("there is no such object")
        if reply.status != 200:
            raise self._client.refused(reply)
        return reply.body

    def _address(self, bucket: str, key: str) -> tuple[Origin, str]:
        if self._client.endpoint is not None:
            return self._client.endpoint, f"/{bucket}/{key}"
        region = self._client.region
        host = f"s3.{region}.{domain(region)}"
        if "." in bucket:  # its dots would not match the certificate's wildcard
            return Origin("https", host), f"/{bucket}/{key}"
        return Origin("https", f"{bucket}.{host}"), f"/{key}"


def _encoded(key: str) -> str:
    """The key as part of a path: RFC 3986, everything but unreserved characters and slashes."""
    return "".join(chr(b) if b in _UNRESERVED else f"%{b:02X}" for b in key.encode())
