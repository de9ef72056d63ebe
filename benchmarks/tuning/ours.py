"""Our search: the steps of the workflow, its jobs as processes of their own, some at a time."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from perennial.tuning.budget import JobSize
from perennial.tuning.files import SearchFiles
from perennial.tuning.step import next_step

from benchmarks.folder import Flat
from benchmarks.tuning.setting import RUN


def main() -> None:
    """Search to the end."""
    folder = Path(sys.argv[1])
    files, ran = SearchFiles(RUN, Flat(folder)), 0
    while not (step := next_step(files, ran, {}, JobSize(1, 4), time.time)).ended:
        ran = step.round
        commands = [
            [
                *(sys.executable, "-m", "benchmarks.tuning.job", str(folder)),
                *(str(ran), ",".join(map(str, numbers))),
            ]
            for numbers in step.jobs
        ]
        with ThreadPoolExecutor(step.concurrency) as pool:
            for done in pool.map(subprocess.run, commands):
                done.check_returncode()


if __name__ == "__main__":
    main()
