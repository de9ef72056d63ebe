"""Installs locked packages into a folder, for any platform, with uv and without running them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection
from pathlib import Path

from uv import find_uv_bin

from stacks.layers.platform import Platform

_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)


class LayerError(Exception):
    """A layer could not be built; the message says what to do."""


def install(lock: str, packages: Collection[str] | None, platform: Platform, target: Path) -> None:
    """Install packages of a hashed lock file.

    Args:
        lock: the text of the lock file.
        packages: which of its packages; None means all.
        platform: what they shall run on.
        target: an empty folder.

    Raises:
        LayerError: uv could not install them.
    """
    wanted = target.with_suffix(".lock")
    wanted.write_text(lock if packages is None else only(lock, packages), encoding="utf-8")
    command = [
        *(find_uv_bin(), "pip", "install", "--quiet", "--no-deps"),
        *("--require-hashes", "--only-binary", ":all:"),
        *("--python-version", platform.python, "--target", str(target)),
        *("--requirement", str(wanted)),
    ]
    if platform.machine is not None:
        command += ["--python-platform", platform.machine]
    # Without the network first: what `make setup` has fetched is enough for this machine.
    for attempt in ([*command, "--offline"], command):
        done = subprocess.run(attempt, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode == 0:
            return
    raise LayerError(
        f"uv could not install the packages of a layer for {platform.name}; the first build of a "
        f"layer for another platform needs the package index:\n{done.stderr.strip()}"
    )


def only(lock: str, packages: Collection[str]) -> str:
    """The entries of a lock file that belong to some of its packages.

    Raises:
        LayerError: the lock file has no entry for one of them.
    """
    starts = [*_NAME.finditer(lock)]
    ends = [match.start() for match in starts[1:]] + [len(lock)]
    found = {match[1] for match in starts}
    if missing := sorted(set(packages) - found):
        raise LayerError(f"the lock file has no entry for {', '.join(missing)}; run `make lock`")
    return "".join(
        lock[match.start() : end]
        for match, end in zip(starts, ends, strict=True)
        if match[1] in packages
    )
