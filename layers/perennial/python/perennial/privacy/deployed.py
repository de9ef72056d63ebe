"""The pseudonyms of this deployment: one maker for each process, which fetches the key once."""

from __future__ import annotations

import os

from perennial.errors import MissingSetting
from perennial.privacy.pseudonyms import Pseudonyms

KEY = "PERENNIAL_PRIVACY_KEY"
_made: dict[str, Pseudonyms] = {}


def pseudonyms() -> Pseudonyms:
    """What makes pseudonyms here. The key is fetched from KMS when the first one is made.

    Raises:
        MissingSetting: this function was not given the key.
    """
    key = os.environ.get(KEY)
    if not key:
        raise MissingSetting(f"the environment variable {KEY} is not set")
    if key not in _made:
        from perennial.adapters.lean_kms import LeanSecret

        _made[key] = Pseudonyms(LeanSecret(key))
    return _made[key]
