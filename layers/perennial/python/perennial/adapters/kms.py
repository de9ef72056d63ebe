"""The secret that pseudonyms are made with, derived by KMS.

The key is one that signs (HMAC_256) and never leaves KMS. What functions hold is KMS's MAC of a
fixed text: nobody without `kms:GenerateMac` on the key can compute it, and it is stored nowhere.
"""

from __future__ import annotations

from typing import Any

from perennial.adapters.aws import client, translated
from perennial.adapters.lean_kms import ALGORITHM, PURPOSE


class KmsSecret:
    """Fetches the secret when it is called."""

    def __init__(self, key: str, kms: Any = None) -> None:
        """Args: key: ARN of the key; kms: the client, by default that of the process."""
        self._key = key
        self._kms = kms if kms is not None else client("kms")

    def __call__(self) -> bytes:
        """The secret, 32 bytes.

        Raises:
            Unavailable: KMS does not answer.
        """
        with translated("KMS", "deriving the secret of pseudonyms"):
            answer = self._kms.generate_mac(
                KeyId=self._key, Message=PURPOSE, MacAlgorithm=ALGORITHM
            )
        return bytes(answer["Mac"])
