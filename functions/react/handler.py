"""Acts on the alarms of a model: retrains it, takes a version back, or stops and says so."""

from __future__ import annotations

from typing import Any

from perennial.observability import observed


@observed
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Nothing is done yet."""
    return {"model": event.get("model"), "actions": []}
