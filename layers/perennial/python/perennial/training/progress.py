"""How a training tells what it does: one JSON line per step, without any value of the data."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from perennial.errors import MissingSetting


class Journal:
    """A `Progress` that writes lines to standard output, each with its run."""

    def __init__(self, run_uri: str) -> None:
        self._run = run_uri

    def __call__(self, message: str, **fields: object) -> None:
        """Write one line."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"timestamp": at, "level": "INFO", "message": message, "run": self._run, **fields}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def threads_here(environment: Mapping[str, str]) -> int:
    """Threads to fit with: `PERENNIAL_THREADS`, or as many as this process may run on.

    Raises:
        MissingSetting: the variable is there and no positive whole number.
    """
    named = environment.get("PERENNIAL_THREADS")
    if named:
        if not named.isdecimal() or int(named) < 1:
            raise MissingSetting("PERENNIAL_THREADS must be a positive whole number")
        return int(named)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
