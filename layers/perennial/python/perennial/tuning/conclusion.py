"""What a search found: its best trial, and by how much that beats the default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean, stdev

from perennial.cost.prices import PRICES_OF
from perennial.errors import TrainingFailed
from perennial.spec import Metric
from perennial.tuning.budget import EndedBy
from perennial.tuning.files import SearchJob
from perennial.tuning.records import Default, Margin, Search, Spent, State, Trial

# Quantiles 0.975 of Student's t for 1 to 19 degrees of freedom, one less than the folds.
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093),
)


def conclude(
    job: SearchJob,
    trials: Sequence[Trial],
    ended_by: EndedBy,
    *,
    minutes: float,
    dollars: float,
) -> Search:
    """What is written down of a search that is over.

    Args:
        job: of the run.
        trials: all of them, in order of number.
        ended_by: why there are no more.
        minutes: since it began.
        dollars: that its jobs cost.

    Raises:
        TrainingFailed: no trial was completed.
    """
    metric = job.spec.tuning.metric or job.spec.primary
    best = best_of(trials, metric)
    if best is None:
        raise TrainingFailed(nothing_complete(trials))
    default = trials[0]
    return Search(
        method=job.spec.tuning.method,
        metric=metric,
        seed=job.seed,
        points=job.spec.tuning.size,
        trials=tuple(trials),
        best=best.number,
        default=Default(state=default.state, value=default.value),
        margin=_margin(best, default),
        ended_by=ended_by,
        spent=Spent(minutes=round(minutes, 3), dollars=round(dollars, 6), prices_of=PRICES_OF),
    )


def best_of(trials: Sequence[Trial], metric: Metric) -> Trial | None:
    """The complete trial of the best value, the earliest of equal ones; None without any."""
    complete = [trial for trial in trials if trial.complete and trial.value is not None]
    sign = -1.0 if metric.higher_is_better else 1.0
    return min(complete, key=lambda one: (sign * (one.value or 0.0), one.number), default=None)


def nothing_complete(trials: Sequence[Trial]) -> str:
    """Why a search found nothing, in the words of most of its trials."""
    reasons = Counter(trial.reason for trial in trials if trial.state is not State.COMPLETE)
    most = reasons.most_common(1)[0][0] if reasons else "none was run"
    return f"search: none of {len(trials)} trials was completed; {most}"


def _margin(best: Trial, default: Trial) -> Margin | None:
    if not default.complete or best.value is None or default.value is None:
        return None
    value = best.value - default.value
    pairs = zip(best.folds, default.folds, strict=False)
    gains = [mine - theirs for mine, theirs in pairs]
    if len(gains) < 2 or best.number == default.number:
        return Margin(value=value)
    # Folds share most of the rows they are fitted on, so this is on the narrow side: Nadeau and
    # Bengio, "Inference for the generalization error", Machine Learning 52 (2003), widen it by
    # the share of rows that are judged.
    folds = len(gains)
    half = _T[folds - 2] * stdev(gains) * (1 / folds + 1 / (folds - 1)) ** 0.5
    return Margin(value=value, low=fmean(gains) - half, high=fmean(gains) + half)
