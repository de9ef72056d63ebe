"""The `perennial` command, as a person types it and as a program reads what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def typed(state: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A command that has ended: its exit code and what it wrote."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "perennial"), *map(str, arguments)],
        env=os.environ | {"PERENNIAL_STATE": str(state)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def command(state: Path, *arguments: object) -> tuple[int, Any]:
    """Exit code and document of a command; what it complains of where there is none."""
    done = typed(state, *arguments, "--json")
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


def answered(state: Path, *arguments: object) -> Any:
    """The document of a command that goes well."""
    code, document = command(state, *arguments)
    assert code == 0, document
    return document
