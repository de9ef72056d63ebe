"""One step of a search: settle the round that has run, then end the search or propose another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from perennial.errors import TrainingFailed
from perennial.tuning import budget
from perennial.tuning.conclusion import conclude, nothing_complete
from perennial.tuning.files import SearchFiles, SearchJob
from perennial.tuning.proposing import propose
from perennial.tuning.records import Proposal, Round, State, Trial

Now = Callable[[], float]  # seconds since 1970
_STARTING_SECONDS = 600  # until a job's first trial begins: image, libraries, data


@dataclass(frozen=True, slots=True)
class Step:
    """What the workflow does next: run the jobs of a round, or go on with what was found."""

    ended: bool
    round: int
    jobs: tuple[tuple[int, ...], ...] = ()  # trials by job
    concurrency: int = 1
    timeout: int = 0  # seconds of one attempt of a job

    def to_json(self, size: budget.JobSize) -> dict[str, Any]:
        """As the workflow reads it; numbers of a command are text."""
        needs = {"vcpus": str(size.vcpus), "memory": str(int(size.gib * 1024))}
        jobs = [
            {"round": str(self.round), "trials": ",".join(map(str, numbers)), **needs}
            for numbers in self.jobs
        ]
        return {
            "outcome": "ENDED" if self.ended else "TRIALS",
            "round": self.round,
            "jobs": jobs,
            "concurrency": self.concurrency,
            "timeout": self.timeout,
        }


def next_step(
    files: SearchFiles,
    ran: int,
    usage: Mapping[str, float],
    size: budget.JobSize,
    now: Now,
) -> Step:
    """Settle what ran and say what follows. Repeating it gives the same again.

    Args:
        files: of the run's search.
        ran: the last round whose jobs have ended; 0 before the first.
        usage: of the run's jobs so far, as `perennial.cost.run` names it.
        size: of a job.
        now: the time.

    Raises:
        TrainingFailed: no trial of a whole round was completed, and none before; or a trial is
            not the one that was proposed.
        Unavailable: the store does not answer.
    """
    job = files.job()
    if files.search() is not None:
        return Step(ended=True, round=ran)
    proposed = files.round(ran + 1)
    if proposed is not None:
        return _run(files, job, proposed)
    rounds = [files.round(number) for number in range(1, ran + 1)]
    trials = [trial for one in rounds if one is not None for trial in _settled(files, one, now())]
    dollars = budget.spent(usage)
    began = rounds[0].began if rounds and rounds[0] is not None else now()
    if trials and not any(trial.complete for trial in trials):
        raise TrainingFailed(nothing_complete(trials))
    ended = budget.ended_by(
        job.spec.tuning, trials=len(trials), began=began, now=now(), dollars=dollars
    )
    proposals = () if ended else propose(job.spec, trials, job.seed, ran + 1)
    if not proposals:
        minutes = (now() - began) / 60
        why = ended or "exhausted"
        files.write_search(conclude(job, trials, why, minutes=minutes, dollars=dollars))
        return Step(ended=True, round=ran)
    proposed = _round(job, proposals, ran + 1, began, dollars, size)
    files.write_round(proposed)
    return _run(files, job, proposed)


def _settled(files: SearchFiles, proposed: Round, now: float) -> list[Trial]:
    """What came of a round; what its jobs left unfinished is lost."""
    found = []
    for proposal in proposed.proposals:
        trial = files.trial(proposal.number)
        if trial is None:
            trial = lost(proposal, proposed.number, _why(files, proposal, proposed, now))
            files.write_trial(trial)
        elif _of(trial) != _of(proposal):
            raise TrainingFailed(f"search: trial {proposal.number} was not run as it was proposed")
        found.append(trial)
    return found


def _of(one: Proposal | Trial) -> tuple[object, ...]:
    return one.number, one.algorithm, one.parameters


def lost(proposal: Proposal, round_number: int, reason: str) -> Trial:
    """A trial that nobody finished."""
    return Trial(
        number=proposal.number,
        round=round_number,
        algorithm=proposal.algorithm,
        parameters=proposal.parameters,
        state=State.LOST,
        reason=reason,
    )


def _why(files: SearchFiles, proposal: Proposal, proposed: Round, now: float) -> str:
    if files.begun(proposal.number):
        return "its job ended before it did"
    over = now >= proposed.deadline or proposed.job_seconds is not None
    return "the budget was used up before it began" if over else "its job ended before it began"


def _round(
    job: SearchJob,
    proposals: tuple[Proposal, ...],
    number: int,
    began: float,
    dollars: float,
    size: budget.JobSize,
) -> Round:
    tuning = job.spec.tuning
    jobs = -(-len(proposals) // tuning.trials_per_job)
    return Round(
        number=number,
        metric=tuning.metric or job.spec.primary,
        began=began,
        deadline=budget.deadline(tuning, began),
        job_seconds=budget.job_seconds(tuning, size, jobs=jobs, dollars=dollars),
        trial_seconds=60 * tuning.trial_minutes,
        memory_mib=size.trial_mib,
        proposals=proposals,
    )


def _run(files: SearchFiles, job: SearchJob, proposed: Round) -> Step:
    """The jobs of a round: those of its trials that have not ended yet."""
    tuning = job.spec.tuning
    waiting = [one.number for one in proposed.proposals if files.trial(one.number) is None]
    jobs = [
        tuple(waiting[start : start + tuning.trials_per_job])
        for start in range(0, len(waiting), tuning.trials_per_job)
    ]
    return Step(
        ended=False,
        round=proposed.number,
        jobs=tuple(jobs),
        concurrency=tuning.concurrency,
        timeout=int(_STARTING_SECONDS + proposed.trial_seconds * tuning.trials_per_job),
    )
