"""Runs one attempt of a job as a process group, and outlives neither it nor the server.

A program of its own, with the standard library only. The first line on standard input says what
to run (JSON: command, folder, environment, memory_bytes, timeout_seconds, grace_seconds, result).
A later line `stop` asks for a graceful end; the end of the input, for an immediate one: that is
how a job dies with a server that was killed. How the attempt ended is written to `result`.
"""

import json
import os
import select
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

TICK = 0.05
PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Read the order, run it, report."""
    order = json.loads(read_line())
    try:
        job = subprocess.Popen(  # noqa: S603 - the job's command
            order["command"],
            cwd=order["folder"],
            env=order["environment"],
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
    except OSError as error:
        report(order, {"exit_code": 127, "ended": "not-started", "detail": str(error)})
        return
    ended = watch(job, order)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(job.pid, signal.SIGKILL)
    code = job.wait()
    report(order, {"exit_code": 128 - code if code < 0 else code, "ended": ended, "detail": ""})


def read_line() -> bytes:
    """The first line of the input, and not a byte more."""
    with open(0, "rb", buffering=0, closefd=False) as unbuffered:
        return unbuffered.readline()


def watch(job: "subprocess.Popen[bytes]", order: dict[str, object]) -> str:
    """Wait for the end; says why it came: exited, memory, timeout, stopped or orphaned."""
    begun = time.monotonic()
    kill_at = float("inf")
    why = "exited"
    limit, seconds = float(str(order["memory_bytes"])), float(str(order["timeout_seconds"]))
    while job.poll() is None:
        now = time.monotonic()
        if limit and resident(job.pid) > limit:
            return "memory"
        if now >= kill_at:
            return why
        if why == "exited":
            asked = read_input()
            if asked == "orphaned":
                return asked
            if asked or now - begun >= seconds:
                why = asked or "timeout"
                kill_at = now + float(str(order["grace_seconds"]))
                with suppress(ProcessLookupError):
                    os.killpg(job.pid, signal.SIGTERM)
                continue
        time.sleep(TICK)
    return why


def read_input() -> str:
    """What the server says: nothing, `stopped`, or `orphaned` when it is gone."""
    ready, _, _ = select.select([0], [], [], 0)
    if not ready:
        return ""
    return "stopped" if os.read(0, 64) else "orphaned"


def resident(group: int) -> int:
    """Bytes of memory the process group holds."""
    if not Path("/proc/self").exists():
        listing = subprocess.run(
            ["ps", "-A", "-o", "pgid=,rss="],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        rows = [line.split() for line in listing.splitlines()]
        return sum(int(rss) * 1024 for pgid, rss in rows if int(pgid) == group)
    total = 0
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError, IndexError):
                if os.getpgid(int(process.name)) == group:
                    total += int((process / "statm").read_text().split()[1]) * PAGE
    return total


def report(order: dict[str, object], outcome: dict[str, object]) -> None:
    """Write how it ended, whole or not at all."""
    path = Path(str(order["result"]))
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(outcome))
    temporary.replace(path)


if __name__ == "__main__":
    # The server's own end reaches this program through its input, not by signal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
