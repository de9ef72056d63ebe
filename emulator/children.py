"""The servers this process started: their handles, and the pipes that keep them alive.

A server whose pipe closes ends itself; that is how it ends with this process, however this one
ends.
"""

import atexit
import os
import subprocess
from typing import Final

_HANDLES: Final[dict[int, "subprocess.Popen[bytes]"]] = {}
_LIFELINES: Final[dict[int, int]] = {}


def keep(server: "subprocess.Popen[bytes]", lifeline: int | None) -> None:
    """Remember a server, and the write end of its pipe unless it was told to stay."""
    _HANDLES[server.pid] = server
    if lifeline is not None:
        _LIFELINES[server.pid] = lifeline


def forget(pid: int) -> None:
    """Let go of a server that has ended."""
    handle = _HANDLES.pop(pid, None)
    if handle is not None:
        handle.wait()
    lifeline = _LIFELINES.pop(pid, None)
    if lifeline is not None:
        os.close(lifeline)


def _let_go() -> None:
    """At the end of this process: servers that stay are not ours to wait for."""
    for server in _HANDLES.values():
        if server.poll() is None:
            server.returncode = 0


atexit.register(_let_go)
