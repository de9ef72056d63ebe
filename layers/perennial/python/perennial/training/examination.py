"""The part of a training that is about groups of people, once the candidate is exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from perennial.evaluation.fairness import FairnessFound, Mitigated
from perennial.serving.artifact import digest_of
from perennial.spec.fairness import Method
from perennial.training.answers import Answers, answers_of
from perennial.training.data import TrainingData
from perennial.training.estimator import Fitted
from perennial.training.fairness import fairness_of
from perennial.training.group_thresholds import ByGroup
from perennial.training.job import Job
from perennial.training.mitigation import mitigated, unweighted, without_groups

Again = Callable[[TrainingData], tuple[Fitted, float | None]]  # fits; estimator and threshold


def examined(
    job: Job,
    data: TrainingData,
    artifact: bytes,
    holdout: Path,
    again: Again,
    *,
    by_group: ByGroup | None,
    threads: int,
) -> FairnessFound:
    """What the candidate does to the groups that its spec names.

    Args:
        job: of the run.
        data: it was fitted on.
        artifact: the candidate.
        holdout: the rows that were kept out.
        again: fits the same estimator on other data, to compare with.
        by_group: its thresholds by group, where it has any.
        threads: for the engine.
    """
    spec = job.spec
    answers = answers_of(spec, artifact, holdout, spec.fairness.columns, threads=threads)
    return fairness_of(
        spec,
        answers.columns,
        answers.outcome,
        run_id=job.run_id,
        artifact_digest=digest_of(artifact),
        mitigation=_mitigated(job, data, answers, again, by_group),
    )


def _mitigated(
    job: Job, data: TrainingData, answers: Answers, again: Again, by_group: ByGroup | None
) -> Mitigated | None:
    method = job.spec.fairness.mitigation.method
    if method is Method.NONE:
        return None
    if method is Method.THRESHOLD:
        before = without_groups(answers.outcome)
    else:
        plain = data.unweighted()
        before = unweighted(plain, *again(plain), answers)
    return mitigated(data, answers, before, by_group, job.seed)
