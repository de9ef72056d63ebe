"""S3's events carry the version of the object, which MiniStack leaves out of those to EventBridge.

Whoever must act once for each version of an object depends on it.
"""

import contextvars
import json
from typing import Any

from emulator import seams

_version: contextvars.ContextVar[str | None] = contextvars.ContextVar("version", default=None)


def install() -> None:
    """Add `detail.object.version-id` for versioned buckets."""

    def fire(*given: object, version_id: str | None = None, **named: object) -> None:
        token = _version.set(version_id)
        try:
            original_fire(*given, version_id=version_id, **named)
        finally:
            _version.reset(token)

    def dispatch(event: dict[str, Any], view: object = None) -> None:
        version = _version.get()
        if version is not None and event.get("Source") == "aws.s3":
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event = {**event, "Detail": json.dumps(detail)}
            view = None
        original_dispatch(event, view)

    original_fire = seams.replace("services.s3:_fire_s3_event", fire)
    original_dispatch = seams.replace("services.eventbridge:_dispatch_event", dispatch)
