"""One job of a search: some trials of a round, one after the other, each in a process of its own.

A trial is written down as soon as it has ended. So a job that is run again goes on where it was
cut off, and what a job leaves undone is known.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from perennial.errors import TrainingFailed
from perennial.registry.objects import ObjectStore
from perennial.training.algorithms import import_algorithm
from perennial.training.choice import estimator_of, with_estimator
from perennial.training.data import TrainingData
from perennial.training.estimator import Progress
from perennial.training.folds import folds_of
from perennial.training.isolated import WorkFailed, isolated
from perennial.training.job import Job
from perennial.training.judging import judge
from perennial.training.reading import read_data
from perennial.training.split import TRAIN
from perennial.tuning.files import SearchFiles
from perennial.tuning.records import Proposal, Round, State, Trial
from perennial.tuning.step import lost

MOST_BEGINNINGS = 2  # one that took its job with it twice would do so again


@dataclass(frozen=True, slots=True)
class _Rows:
    """What all trials of a job share."""

    data: TrainingData
    folds: list[TrainingData]


def run_trials(
    job: Job,
    run_uri: str,
    store: ObjectStore,
    workdir: Path,
    *,
    round_number: int,
    numbers: Collection[int],
    threads: int,
    progress: Progress,
) -> None:
    """Run those of the named trials that have not ended yet.

    Args:
        job: of the run.
        run_uri: where the run keeps its work.
        store: holds it.
        workdir: for the dataset.
        round_number: of the round they belong to.
        numbers: of the trials.
        threads: to fit with.
        progress: is told what happens.

    Raises:
        TrainingFailed: there is no such round.
        Unavailable: the store does not answer.
    """
    started = time.monotonic()
    files = SearchFiles(run_uri, store)
    proposed = files.round(round_number)
    if proposed is None:
        raise TrainingFailed(f"round {round_number} of the run's search was never proposed")
    waiting = _waiting(files, proposed, numbers)
    if not waiting:
        return
    try:
        rows = _rows(job, store, workdir, waiting)
    except TrainingFailed as error:
        for proposal in waiting:
            files.write_trial(_failed(proposal, proposed, str(error), 0.0))
        return
    for proposal in waiting:
        left = _left(proposed, started)
        if left <= 0:
            progress("the budget is used up", trial=proposal.number)
            return
        files.begin(proposal.number, files.begun(proposal.number) + 1)
        trial = _run(job, proposal, proposed, rows, left=left, threads=threads, progress=progress)
        files.write_trial(trial)
        told = {"trial": trial.number, "state": trial.state.value, "seconds": trial.seconds}
        progress("trial ended", **told, reason=trial.reason or None)


def _waiting(files: SearchFiles, proposed: Round, numbers: Collection[int]) -> list[Proposal]:
    """What has not ended; a trial that ended its whole job twice is lost."""
    waiting = []
    for proposal in proposed.proposals:
        if proposal.number not in numbers or files.trial(proposal.number) is not None:
            continue
        if files.begun(proposal.number) >= MOST_BEGINNINGS:
            told = "it was begun twice, and each time its job ended first"
            files.write_trial(lost(proposal, proposed.number, told))
        else:
            waiting.append(proposal)
    return waiting


def _rows(job: Job, store: ObjectStore, workdir: Path, waiting: Sequence[Proposal]) -> _Rows:
    """Data and libraries, before anything is forked: each trial then has them for nothing."""
    data = read_data(job, store, workdir / "data.parquet")
    asked = job.spec.tuning.cross_validation
    folds = [] if asked is None else folds_of(data, asked, job.seed)
    for part in folds or [data]:
        next(part.batches(TRAIN), None)  # encodes all rows
    for algorithm in dict.fromkeys(proposal.algorithm for proposal in waiting):
        import_algorithm(algorithm)
    return _Rows(data, folds)


def _left(proposed: Round, started: float) -> float:
    """Seconds that the budget leaves this job."""
    left = proposed.deadline - time.time()
    if proposed.job_seconds is not None:
        left = min(left, proposed.job_seconds - (time.monotonic() - started))
    return left


def _run(
    job: Job,
    proposal: Proposal,
    proposed: Round,
    rows: _Rows,
    *,
    left: float,
    threads: int,
    progress: Progress,
) -> Trial:
    begun = time.monotonic()

    def work() -> bytes:
        estimator = estimator_of(job.spec, proposal.algorithm, proposal.parameters)
        found = judge(
            with_estimator(rows.data, estimator),
            [with_estimator(fold, estimator) for fold in rows.folds],
            proposed.metric,
            seed=job.seed,
            threads=threads,
            progress=progress,
            bounds=proposal.bounds,
        )
        return (
            _trial(
                proposal,
                proposed,
                state=State.PRUNED if found.stopped else State.COMPLETE,
                value=found.value,
                folds=found.folds,
                curve=found.curve,
                reason=found.stopped,
            )
            .model_dump_json()
            .encode()
        )

    limit = min(proposed.trial_seconds, left)
    try:
        answer = isolated(work, seconds=limit, mib=proposed.memory_mib)
    except WorkFailed as error:
        seconds = time.monotonic() - begun
        if limit < proposed.trial_seconds and seconds >= limit:
            cut = lost(proposal, proposed.number, "the budget was used up while it ran")
            return cut.model_copy(update={"seconds": round(seconds, 3)})
        return _failed(proposal, proposed, str(error), seconds)
    trial = Trial.model_validate_json(answer)
    return trial.model_copy(update={"seconds": round(time.monotonic() - begun, 3)})


def _failed(proposal: Proposal, proposed: Round, reason: str, seconds: float) -> Trial:
    failed = _trial(proposal, proposed, state=State.FAILED, reason=reason)
    return failed.model_copy(update={"seconds": round(seconds, 3)})


def _trial(proposal: Proposal, proposed: Round, **found: object) -> Trial:
    return Trial.model_validate(
        {
            "number": proposal.number,
            "round": proposed.number,
            "algorithm": proposal.algorithm,
            "parameters": proposal.parameters,
            **found,
        }
    )
