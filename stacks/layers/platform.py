"""What a layer is built for: an operating system, a processor and a Python."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    """A target of a build.

    Attributes:
        python: the Python's minor version, such as "3.13".
        machine: uv's name for system and processor, or None for the machine we run on.
    """

    python: str
    machine: str | None

    @property
    def name(self) -> str:
        """A name for files and hashes."""
        machine = self.machine or f"{platform.system()}-{platform.machine()}".lower()
        return f"{machine}-py{self.python}"

    @property
    def runs_our_bytecode(self) -> bool:
        """Whether modules compiled by the running Python are of use there."""
        return self.python == _running()


def host() -> Platform:
    """The machine and Python we run on: where the emulator runs the functions."""
    return Platform(python=_running(), machine=None)


def _running() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


# Amazon Linux 2023, which has glibc 2.34, on Graviton.
LAMBDA = Platform(python="3.13", machine="aarch64-manylinux_2_34")
