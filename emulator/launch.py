"""Starts the server's process: port, environment, pipe, and waiting until it answers."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emulator import children, environment, instance, process
from emulator.errors import StartFailed
from emulator.instance import Emulator

START_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Order:
    """What to start; the fields are the arguments of `control.start`."""

    state_dir: Path
    project: Path | None
    enforce_iam: bool
    time_scale: float
    detached: bool


def launch(settings: Order) -> Emulator:
    """Start it.

    Raises:
        StartFailed: it ended or did not answer; nothing of it is left.
    """
    ours, theirs = os.pipe()
    server: subprocess.Popen[bytes] | None = None
    emulator: Emulator | None = None
    try:
        with _listener(instance.last_port(settings.state_dir)) as listener:
            server = _launch(settings, listener, ours)
            emulator = Emulator(
                state_dir=settings.state_dir,
                port=listener.getsockname()[1],
                pid=server.pid,
                started=process.started(server.pid) or "",
                enforce_iam=settings.enforce_iam,
                time_scale=settings.time_scale,
            )
        emulator.remember()
        _await_health(emulator, server)
        if settings.detached:
            os.write(theirs, b"stay")
    except BaseException:
        os.close(theirs)
        if server is not None:
            process.end_session(server.pid, grace=1.0)
            server.wait()
        if emulator is not None:
            emulator.forget()
        raise
    finally:
        os.close(ours)
    if settings.detached:
        os.close(theirs)
    children.keep(server, None if settings.detached else theirs)
    return emulator


def _launch(settings: Order, listener: socket.socket, lifeline: int) -> "subprocess.Popen[bytes]":
    root = Path(__file__).resolve().parent.parent
    told = json.dumps(
        {
            "state_dir": str(settings.state_dir),
            "project": str((settings.project or root).resolve()),
            "listener": listener.fileno(),
            "lifeline": lifeline,
            "time_scale": settings.time_scale,
        }
    )
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r}); import emulator.server as s; s.main()"
    )
    with (settings.state_dir / instance.LOG).open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", program, told],
            env=environment.of_server(
                settings.state_dir,
                listener.getsockname()[1],
                enforce_iam=settings.enforce_iam,
                time_scale=settings.time_scale,
            ),
            cwd=settings.state_dir,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(listener.fileno(), lifeline),
            start_new_session=True,
        )


def _listener(preferred: int | None) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for port in (preferred, 0):
        if port is not None:
            with suppress(OSError):
                listener.bind(("127.0.0.1", port))
                listener.listen(128)
                return listener
    raise StartFailed("no free port on 127.0.0.1")


def _await_health(emulator: Emulator, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        if emulator.healthy():
            return
        time.sleep(0.03)
    tail = emulator.log_file.read_text(errors="replace").splitlines()[-15:]
    raise StartFailed(
        f"the emulator did not start; {emulator.log_file} ends with\n" + "\n".join(tail)
    )
