"""Which container image is running: what ECS says of the task, or what stands for it locally.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
"""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from perennial.errors import Unavailable

_METADATA = "ECS_CONTAINER_METADATA_URI_V4"
_LOCAL = "PERENNIAL_IMAGE"
_SECONDS = 2.0
_ATTEMPTS = 3


def image_of(environment: Mapping[str, str], *content: str | None) -> dict[str, str] | None:
    """Name and digest of the image; None for a process without one.

    Args:
        environment: of this process.
        content: digests of what an image would hold; on one machine they stand for its own.

    Raises:
        Unavailable: ECS does not say which image this is.
    """
    if address := environment.get(_METADATA):
        told = _asked(address)
        return {"name": str(told["Image"]), "digest": str(told["ImageID"])}
    if name := environment.get(_LOCAL):
        whole = hashlib.sha256("\n".join(part or "" for part in content).encode())
        return {"name": name, "digest": f"local:{whole.hexdigest()}"}
    return None


def _asked(address: str) -> dict[str, Any]:
    for _ in range(_ATTEMPTS):
        try:
            # The agent of the task itself, at a link-local address that ECS hands over.
            with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310
                told: dict[str, Any] = json.load(answer)
        except (OSError, ValueError):
            continue
        if "Image" in told and "ImageID" in told:
            return told
    raise Unavailable("ECS does not say which image this container runs")
