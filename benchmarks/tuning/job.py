"""One job of our search, as the container runs it, its store a folder."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from perennial.training.job import read_job
from perennial.training.lean import import_xgboost

from benchmarks.folder import Flat
from benchmarks.tuning.setting import JOBS, RUN, THREADS


def main() -> None:
    """Run the trials named on the command line: folder, round, numbers."""
    folder, number, trials = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    import_xgboost()
    from perennial.training.run import silent
    from perennial.training.trials import run_trials

    store = Flat(folder)
    with tempfile.TemporaryDirectory() as workdir:
        run_trials(
            read_job(RUN, store),
            RUN,
            store,
            Path(workdir),
            round_number=number,
            numbers={int(one) for one in trials.split(",")},
            threads=THREADS // JOBS,
            progress=silent,
        )


if __name__ == "__main__":
    main()
