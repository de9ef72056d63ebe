"""The JSON documents of a run, once they lie in a folder of this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def document(folder: Path, name: str) -> dict[str, Any]:
    """One of them; empty when the run left none."""
    path = folder / name
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
