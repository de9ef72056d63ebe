"""Which process is which: identity that survives pid reuse, and ending a session for good."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def started(pid: int) -> str | None:
    """When the process began, as the system tells it; None when there is no such process.

    Together with the pid this identifies a process: a reused pid has another start.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _started_by_ps(pid)
    except ProcessLookupError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _started_by_ps(pid: int) -> str | None:
    answer = subprocess.run(  # noqa: S603 - fixed command, a number
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    state, _, start = answer.partition(" ")
    return None if not state or state.startswith("Z") else start.strip()


def wait_until(condition: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
    """Poll until the condition holds; False when it did not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def session_members(session: int) -> list[int]:
    """The living processes of a session: the server, its function workers, its jobs."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,stat="],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    members = []
    for line in listing.splitlines():
        pid, state = line.split(None, 1)
        with suppress(OSError):
            if not state.startswith("Z") and os.getsid(int(pid)) == session:
                members.append(int(pid))
    return members


def end_session(session: int, *, grace: float) -> None:
    """Ask the session's leader to end, wait `grace` seconds, then kill whatever is left."""
    _signal(session, signal.SIGTERM)
    wait_until(lambda: started(session) is None, grace)
    for _ in range(5):
        members = session_members(session)
        if not members:
            return
        for pid in members:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.02)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
