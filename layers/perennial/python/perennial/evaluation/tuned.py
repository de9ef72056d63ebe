"""Whether a search was worth it: its winner beside the spec's own `algorithm`, on the holdout.

A search picks the best of many on the rows it judges by, and flatters itself there. On the holdout
nothing was chosen, and both are compared row by row.
"""

from __future__ import annotations

import io

import numpy as np
from pydantic import BaseModel, ConfigDict

from perennial.errors import ArtifactError
from perennial.evaluation.compare import compared
from perennial.evaluation.inputs import expected, read_record
from perennial.evaluation.measure import Floats, Truths
from perennial.evaluation.outcomes import Scored, outcome
from perennial.evaluation.record import Comparison, Evaluation, Tuned
from perennial.evaluation.subject import Subject
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.spec import Metric

NAME = "untuned default"


class _Default(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    scores: str | None
    threshold: float | None
    note: str


class _Training(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    default: _Default | None = None


def with_tuning(
    found: Evaluation, subject: Subject, run_uri: str, store: ObjectStore
) -> Evaluation:
    """The evaluation with what tuning was worth; as it is where nothing was searched.

    Raises:
        ArtifactError: what the default said is missing or damaged.
        Unavailable: the store does not answer.
    """
    default = read_record(_Training, run_uri + layout.TRAINING_JSON, store).default
    if default is None:
        return found
    if default.scores is None:
        told = Tuned(metric=_metric(subject), comparison=None, sentence=default.note)
        return found.model_copy(update={"tuning": told})
    uri = run_uri + default.scores
    with expected(uri):
        scores = _scores(store.read(uri))
    comparison = _compared(subject, scores, default.threshold)
    metric = _metric(subject)
    told = Tuned(metric=metric, comparison=comparison, sentence=sentence(metric, comparison))
    return found.model_copy(update={"tuning": told})


def _metric(subject: Subject) -> Metric:
    spec = subject.job.spec
    return spec.tuning.metric or spec.primary


def _scores(body: bytes) -> Floats:
    try:
        found = np.load(io.BytesIO(body), allow_pickle=False)
    except ValueError as error:
        raise ArtifactError(f"{layout.DEFAULT_SCORES} of the run is damaged") from error
    return np.asarray(found, dtype=np.float64)


def _compared(subject: Subject, scores: Floats, threshold: float | None) -> Comparison:
    spec, mine = subject.job.spec, subject.candidate
    if len(scores) != len(mine.values):
        raise ArtifactError(f"{layout.DEFAULT_SCORES} of the run is of other rows")
    answered: Truths = np.asarray(np.isfinite(scores).all(axis=1))
    theirs = Scored(scores, answered, mine.labels, threshold)
    rows = mine.answerable & theirs.answerable
    return compared(
        NAME,
        spec.task,
        _metric(subject),
        outcome(spec, subject.truth, mine, rows),
        outcome(spec, subject.truth, theirs, rows),
        unanswerable=int((mine.answerable & ~theirs.answerable).sum()),
        seed=subject.job.seed,
    )


def sentence(metric: Metric, comparison: Comparison) -> str:
    """Whether the tuned model beats the default by more than chance."""
    difference = comparison.difference
    if difference is None or difference.interval is None:
        return "the tuned model cannot be told from the default: the metric is undefined for one"
    low, high = difference.interval.low, difference.interval.high
    span = f"{metric} {difference.value:+.4g}, 95 % interval {low:+.4g} to {high:+.4g}"
    if low <= 0 <= high:
        return f"the tuned model does not beat the default by more than chance: {span}"
    better = (low > 0) == metric.higher_is_better
    return f"the tuned model {'beats' if better else 'is worse than'} the default: {span}"
