"""The secret that pseudonyms are made with, derived by KMS in one raw request.

`perennial.adapters.kms` does the same with boto3, and says why it is a secret.
"""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64

from perennial.adapters.lean import Client, domain
from perennial.adapters.lean_http import Origin
from perennial.errors import Unavailable

ALGORITHM = "HMAC_SHA_256"
# Derives a secret for this purpose alone; another text would make all pseudonyms others.
PURPOSE = b"perennial: pseudonyms, 1"
_READ_TIMEOUT = 3.0
_HEADERS = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "TrentService.GenerateMac",
}


class LeanSecret:
    """Fetches the secret when it is called."""

    def __init__(self, key: str, client: Client | None = None) -> None:
        """Args: key: ARN of the key; client: says where KMS is and who signs."""
        self._key = key
        self._client = client or Client("kms", read_timeout=_READ_TIMEOUT)

    def __call__(self) -> bytes:
        """The secret, 32 bytes.

        Raises:
            Unavailable: KMS does not answer, or refuses.
        """
        region = self._client.region
        origin = self._client.endpoint or Origin("https", f"kms.{region}.{domain(region)}")
        message = b2a_base64(PURPOSE, newline=False).decode()
        asked = {"KeyId": self._key, "Message": message, "MacAlgorithm": ALGORITHM}
        reply = self._client.call(origin, "POST", "/", _HEADERS, json.dumps(asked).encode())
        if reply.status != 200:
            raise self._client.refused(reply)
        try:
            return a2b_base64(json.loads(reply.body)["Mac"])
        except (KeyError, TypeError, ValueError):
            raise Unavailable("KMS answered without a MAC") from None
