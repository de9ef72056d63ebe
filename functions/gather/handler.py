"""Answers nothing yet."""

from __future__ import annotations

from typing import Any

from perennial.observability import observed


@observed
def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Say that there is nothing yet."""
    return {"report_uri": "", "verdicts": {}}
