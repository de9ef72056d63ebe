"""One process that does one thing with predictions and outcomes, and says what that took.

Usage: one_pass.py read|join|join-features FOLDER
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from perennial.capture.reading import captured
from perennial.data.light_arrow import lighten

from benchmarks.drift.folder import BUCKET, END, SPEC, START
from benchmarks.folder import Folder


def main() -> None:
    """Do it, and print rows, seconds and peak memory as JSON."""
    lighten()
    what, folder = sys.argv[1], Folder(Path(sys.argv[2]), BUCKET)
    began = time.perf_counter()
    rows = _read(folder) if what == "read" else _join(folder, features=what != "join")
    seconds = time.perf_counter() - began
    peak = _peak()
    told = {"rows": rows, "seconds": seconds, "processor": time.process_time(), "mebibytes": peak}
    sys.stdout.write(json.dumps(told))


def _peak() -> float:
    """Peak resident memory in MiB; `getrusage` would count that of whoever started this process."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _read(folder: Folder) -> int:
    return sum(batch.num_rows for batch in captured(folder, BUCKET, SPEC, START, END))


def _join(folder: Folder, *, features: bool) -> int:
    from perennial.outcomes.join import Span, joined

    wanted = None if features else ()
    batches = joined(folder, BUCKET, SPEC, Span(START, END), features=wanted)
    return sum(batch.num_rows for batch in batches)


if __name__ == "__main__":
    main()
