"""The `perennial` command, as a program reads what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def command(state: Path, *arguments: object) -> tuple[int, Any]:
    """Exit code and document of a command; what it complains of where there is none."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "perennial"), *map(str, arguments), "--json"],
        env=os.environ | {"PERENNIAL_STATE": str(state)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}
