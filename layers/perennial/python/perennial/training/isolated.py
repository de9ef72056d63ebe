"""Runs a piece of work in a process of its own, which may crash, hang or take too much memory.

The process is a fork: libraries and data are there already, so it costs milliseconds. Nothing in
the parent may have used threads of OpenMP before, for those do not survive a fork.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from perennial.errors import PerennialError, origin

_LOOK = 0.1  # seconds between two looks at the memory
_MIB = 1 << 20
_PR_SET_PDEATHSIG = 1  # prctl(2): what this process gets when its parent ends
_DONE, _REFUSED, _BROKEN = 0, 3, 4  # exit codes of the process


class WorkFailed(PerennialError):
    """The work came to nothing; the message says why, without any value of the data."""


def isolated(work: Callable[[], bytes], *, seconds: float, mib: int) -> bytes:
    """What `work` returns, done in a fork of this process.

    Args:
        work: must use nothing that cannot be shared, such as open connections.
        seconds: it may take.
        mib: of memory it may take.

    Raises:
        WorkFailed: it raised an error, was killed by a signal, or took too long or too much memory.
    """
    sys.stdout.flush()
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Threads of the parent: those of Arrow, which starts its own anew in a child.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os.close(reading)
        _child(work, writing, mib)
    os.close(writing)
    try:
        answer, killed = _watch(pid, reading, seconds, mib)
    finally:
        os.close(reading)
    _, status = os.waitpid(pid, 0)
    return _settled(answer, killed, status, mib)


def _settled(answer: bytes, killed: str, status: int, mib: int) -> bytes:
    if killed:
        raise WorkFailed(killed)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        memory = f", most likely for want of memory ({mib} MiB)" if name == "SIGKILL" else ""
        raise WorkFailed(f"its process was ended by {name}{memory}")
    code = os.waitstatus_to_exitcode(status)
    if code == _DONE:
        return answer
    if code in (_REFUSED, _BROKEN):
        raise WorkFailed(answer.decode(errors="replace"))
    raise WorkFailed(f"its process ended by itself with code {code}")


def _child(work: Callable[[], bytes], writing: int, mib: int) -> None:
    """Never returns: what comes after the fork in the parent is not for this process."""
    code, answer = _BROKEN, b""
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _limit(mib)
        answer, code = work(), _DONE
    except PerennialError as error:
        answer, code = str(error).encode(), _REFUSED
    except MemoryError:
        answer = f"it needs more than {mib} MiB of memory".encode()
    except BaseException as error:
        # Its text may hold values of features: only what broke and where is told.
        answer = origin(error).encode()
    finally:
        with open(writing, "wb") as pipe:
            pipe.write(answer)
        sys.stdout.flush()
        os._exit(code)


def _limit(mib: int) -> None:
    """Let an allocation fail that would go beyond: a loop may take it all between two looks."""
    used = _field("VmData") or 0
    resource.setrlimit(resource.RLIMIT_DATA, (used + mib * _MIB, resource.RLIM_INFINITY))


def _watch(pid: int, reading: int, seconds: float, mib: int) -> tuple[bytes, str]:
    """The answer, and why the process was killed where it was."""
    parts: list[bytes] = []
    end, before = time.monotonic() + seconds, _field("VmRSS", pid) or 0
    while True:
        ready, _, _ = select.select([reading], [], [], min(_LOOK, max(end - time.monotonic(), 0)))
        if ready:
            part = os.read(reading, 1 << 16)
            if not part:
                return b"".join(parts), ""
            parts.append(part)
            continue
        killed = _excess(pid, end, seconds, before, mib)
        if killed:
            os.kill(pid, signal.SIGKILL)
            return b"", killed


def _excess(pid: int, end: float, seconds: float, before: int, mib: int) -> str:
    if time.monotonic() >= end:
        return f"it took longer than {seconds:.0f} seconds"
    # What was there at the fork is the parent's, and is shared.
    if (_field("VmRSS", pid) or 0) - before > mib * _MIB:
        return f"it needs more than {mib} MiB of memory"
    return ""


def _field(name: str, pid: int | str = "self") -> int | None:
    """Bytes that the kernel says of a process; None where it says nothing."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    found = next((line for line in lines if line.startswith(name + ":")), None)
    return int(found.split()[1]) * 1024 if found else None
