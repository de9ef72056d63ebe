"""What AWS Batch runs: trains the candidate of one run and says by its exit code how it went.

With `--trials` it runs trials of the run's search instead, and leaves what came of each.

Exit codes: 0 the candidate is there; 2 the run cannot go on, and the last line on stderr (also
`failure.json` of the run) says why as `{"error", "message"}`; anything else is a crash.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from perennial.errors import PerennialError, frames
from perennial.registry.layout import TRIALS, split_uri
from perennial.registry.objects import ObjectStore
from perennial.spec import Algorithm
from perennial.training.job import Job, read_job
from perennial.training.lean import import_xgboost
from perennial.training.progress import Journal, threads_here
from perennial.training.receipt import keep_receipt, receipt_of
from perennial.training.run import train
from perennial.training.sources import keep_sources

FAILURE = "failure.json"
LOCK = Path(__file__).with_name("requirements.lock")
CRASHED, REFUSED = 1, 2


def main(
    arguments: Sequence[str] | None = None,
    store: ObjectStore | None = None,
    *,
    alone: bool = False,
) -> int:
    """Train; returns the exit code.

    Args:
        arguments: of the command line.
        store: where job and results are; S3 when left out.
        alone: nothing else will run in this process, so it need not import for others.
    """
    asked = _asked(arguments)
    run_uri: str = asked.run_uri
    store = store or _store()
    journal = Journal(run_uri)
    try:
        job = read_job(run_uri, store)
        keep_sources(split_uri(run_uri)[0], LOCK, store)
        if alone and job.spec.algorithm.name is Algorithm.XGBOOST:
            import_xgboost()
        with tempfile.TemporaryDirectory(prefix="perennial-") as workdir:
            place, threads = Path(workdir), threads_here(os.environ)
            if asked.trials:
                _search(asked, job, store, place, threads, journal)
            else:
                train(job, run_uri, store, place, threads=threads, lock=LOCK, progress=journal)
    except PerennialError as error:
        # A search goes on without this job: it is not why the run ends.
        return _refuse(error, run_uri, None if asked.trials else store)
    except Exception as error:
        # Its text may hold values of features: only what broke and where is told.
        text = {"error": type(error).__name__, "frames": frames(error)}
        sys.stderr.write(json.dumps(text) + "\n")
        return CRASHED
    journal("trials finished" if asked.trials else "training finished")
    return 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the candidate of one run.")
    parser.add_argument("--run-uri", required=True, help="s3://bucket/runs/<model>/<run id>/")
    parser.add_argument("--round", type=int, default=0, help="of the search the trials are of")
    parser.add_argument("--trials", default="", help="numbers of trials to run: 0,1,2")
    return parser.parse_args(arguments)


def _search(
    asked: argparse.Namespace,
    job: Job,
    store: ObjectStore,
    workdir: Path,
    threads: int,
    journal: Journal,
) -> None:
    from perennial.training.trials import run_trials

    # Nothing is fitted before it is written down what with; the last fit has a receipt of its own.
    receipt = receipt_of(job, threads=threads, lock=LOCK)
    keep_receipt(receipt, asked.run_uri + TRIALS, store)
    run_trials(
        job,
        asked.run_uri,
        store,
        workdir,
        round_number=asked.round,
        numbers={int(number) for number in asked.trials.split(",")},
        threads=threads,
        progress=journal,
    )


def _store() -> ObjectStore:
    from perennial.adapters.s3 import S3ObjectStore

    return S3ObjectStore()


def _refuse(error: PerennialError, run_uri: str, store: ObjectStore | None) -> int:
    text = json.dumps({"error": type(error).__name__, "message": str(error)}, ensure_ascii=False)
    # The store may be the very thing that failed; the line below tells all the same.
    with suppress(PerennialError):
        if store is not None:
            store.write(run_uri + FAILURE, text.encode(), "application/json")
    sys.stderr.write(text + "\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main(alone=True))
