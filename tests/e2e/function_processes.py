"""The processes in which a function of the deployment runs, and their sudden end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.platform import Platform, until


def kill(platform: Platform, function: str) -> None:
    """Kill every process of a function, and wait until they are gone.

    Else the next request could still be given to one that is dying.
    """
    victims = set(processes(platform, function))
    assert victims
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not victims & set(processes(platform, function)), "the killed to be gone", 20)


def processes(platform: Platform, function: str) -> Iterator[int]:
    """The processes that run a function of this deployment, and of no other."""
    ours = f"AWS_ENDPOINT_URL={platform.emulator.endpoint}".encode()
    name = f"AWS_LAMBDA_FUNCTION_NAME={function}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if name in environment and ours in environment and int(folder.name) != os.getpid():
            yield int(folder.name)
