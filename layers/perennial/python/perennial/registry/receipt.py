"""A receipt as a document: the digest it bears, and whether it still deserves it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from perennial.errors import ArtifactError

Receipt = dict[str, Any]

# Beside what the digest covers: itself, and the run, so that equal inputs have equal digests.
_BESIDE = ("digest", "run_id")


def digest_of(receipt: Mapping[str, Any]) -> str:
    """SHA-256 of the receipt in canonical JSON (sorted, no spaces), hexadecimal."""
    covered = {name: value for name, value in receipt.items() if name not in _BESIDE}
    canonical = json.dumps(covered, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_receipt(body: bytes) -> Receipt:
    """The receipt in a file's bytes.

    Raises:
        ArtifactError: it is damaged, or says something else than its digest covers.
    """
    try:
        receipt = json.loads(body)
        bears = receipt["digest"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtifactError("the receipt is damaged") from error
    if digest_of(receipt) != bears:
        raise ArtifactError("the receipt was changed: it does not have the digest it bears")
    return dict(receipt)
