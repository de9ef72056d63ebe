"""Start, find and stop an emulator. What the command line and the tests use.

One state folder is one emulator: its data, its log, its temporary files and a record of the
process that serves it. Two folders never share anything, so checkouts can run side by side.
"""

import fcntl
from pathlib import Path

from emulator import instance
from emulator.errors import AlreadyRunning
from emulator.instance import Emulator
from emulator.launch import Order, launch

__all__ = ["Emulator", "running", "start"]


def start(
    state_dir: Path,
    *,
    project: Path | None = None,
    enforce_iam: bool = True,
    time_scale: float = 1.0,
    detached: bool = False,
) -> Emulator:
    """Start the emulator of `state_dir`, or return the one that already serves it.

    Args:
        state_dir: created when missing; what a former emulator saved there is restored.
        project: the checkout whose `functions/` answer to local images; by default the one this
            package lies in.
        enforce_iam: check every request, function, job and workflow against IAM policies.
        time_scale: divide alarm periods, workflow waits and job timeouts by this.
        detached: keep running after this process has ended. Otherwise the server ends with the
            process that started it, however that one ends.

    Raises:
        StartFailed: the server ended or did not answer; the message has the end of its log.
        AlreadyRunning: one runs, with another `enforce_iam` or `time_scale`.
    """
    state_dir = state_dir.resolve()
    (state_dir / "tmp").mkdir(parents=True, exist_ok=True)
    with (state_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = running(state_dir)
        if found is None:
            return launch(Order(state_dir, project, enforce_iam, time_scale, detached))
        if (found.enforce_iam, found.time_scale) != (enforce_iam, time_scale):
            raise AlreadyRunning(f"{state_dir} is served with other settings; stop it first")
        return found


def running(state_dir: Path) -> Emulator | None:
    """The emulator that serves `state_dir` now; a record left by a dead one does not count."""
    emulator = instance.read(state_dir.resolve())
    if emulator is None or not emulator.alive():
        return None
    return emulator
