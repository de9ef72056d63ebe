"""Which commit a checkout is at, for the receipts of what it deploys."""

from __future__ import annotations

import subprocess
from pathlib import Path

_SHIPPED = ("functions", "layers")  # a change elsewhere does not change what trains


def deployed(root: Path) -> str:
    """The commit, with `-dirty` where what is deployed was changed since; empty without git."""
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return ""
    return f"{commit}-dirty" if _git(root, "status", "--porcelain", "--", *_SHIPPED) else commit


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            command, capture_output=True, text=True, check=False, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return "" if done.returncode else done.stdout.strip()
