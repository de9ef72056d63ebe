"""What a mitigation changed and what it cost: the model with it beside the one without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from perennial.evaluation.bootstrap import interval
from perennial.evaluation.compare import compared
from perennial.evaluation.fairness import HIDDEN_BELOW, Apart, Change, Mitigated, Treated
from perennial.evaluation.measure import Floats
from perennial.evaluation.measures import Classified, Outcome
from perennial.features.columnar import encode_column
from perennial.spec import Metric, ModelSpec, Task
from perennial.spec.fairness import Disparity, Method
from perennial.training import reweighing
from perennial.training.answers import Answers
from perennial.training.data import TrainingData
from perennial.training.estimator import Fitted
from perennial.training.fairness import apart_of
from perennial.training.fairness_rates import COMPARED, fractions
from perennial.training.group_thresholds import ByGroup
from perennial.training.groups import Groups, groups_by, spoken_of
from perennial.training.split import HOLDOUT, TRAIN

SAMPLES = 2000


def mitigated(
    data: TrainingData, answers: Answers, before: Outcome, by_group: ByGroup | None, seed: int
) -> Mitigated:
    """The record of a mitigation.

    Args:
        data: of the run.
        answers: of the mitigated model.
        before: what the unmitigated model says of the same rows.
        by_group: the thresholds, where those are the mitigation.
        seed: of the bootstrap.
    """
    spec = data.dataset.spec
    section, column = spec.fairness.mitigation, str(spec.fairness.mitigated_column)
    found = groups_by(spec, column, answers.columns.column(column))
    groups = spoken_of(spec, found)
    after = answers.outcome
    beside = [
        compared("unmitigated", spec.task, metric, after, before, unanswerable=0, seed=seed)
        for metric in dict.fromkeys((Metric.ACCURACY, spec.primary))
    ]
    changes = {}
    for metric, one in zip(dict.fromkeys((Metric.ACCURACY, spec.primary)), beside, strict=True):
        if one.difference is not None:
            bounds = one.difference.interval
            low, high = (bounds.low, bounds.high) if bounds else (None, None)
            changes[metric] = Change(value=one.difference.value, low=low, high=high)
    apart_before, apart_after = (apart_of(spec, groups, of) for of in (before, after))
    threshold = section.method is Method.THRESHOLD
    return Mitigated(
        method=section.method,
        column=column,
        goal=section.goal if threshold else None,
        lawful=section.lawful,
        threshold=before.threshold if threshold and isinstance(before, Classified) else None,
        groups=_by_threshold(spec, data, by_group) if by_group else _by_weight(data),
        before=beside[0].metrics,
        after=beside[0].candidate,
        apart_before=apart_before,
        apart_after=apart_after,
        changes=changes,
        apart_changes=_apart_changes(spec, groups, before, after, apart_after, seed),
    )


def without_groups(outcome: Outcome) -> Outcome:
    """What the same scores say with one threshold for all."""
    assert isinstance(outcome, Classified)  # noqa: S101  a spec asks for no other
    return replace(outcome, by_row=None)


def unweighted(
    data: TrainingData, fitted: Fitted, threshold: float | None, answers: Answers
) -> Outcome:
    """What an estimator fitted without weights says of the rows that were answered."""
    mine = answers.outcome
    assert isinstance(mine, Classified)  # noqa: S101  a spec asks for no other
    scores = np.concatenate([fitted.predict(codes) for codes, _ in data.batches(HOLDOUT)])
    kept = scores[answers.answered]
    order = [(data.target.classes or ()).index(label) for label in mine.labels]
    return replace(mine, probabilities=kept[:, order], threshold=threshold)


def _by_threshold(spec: ModelSpec, data: TrainingData, by_group: ByGroup) -> tuple[Treated, ...]:
    """Thresholds by the names a report may use: the groups of the whole dataset, by size."""
    column = str(spec.fairness.mitigated_column)
    values = data.dataset.column(column)
    groups = spoken_of(spec, groups_by(spec, column, values))
    places = _places(by_group, data, column, groups)
    return tuple(
        Treated(
            label=label,
            rows=by_group.rows[place] if by_group.rows[place] >= HIDDEN_BELOW else None,
            threshold=by_group.thresholds[place],
        )
        for (label,), place in zip(groups.labels, places, strict=True)
    )


def _places(by_group: ByGroup, data: TrainingData, column: str, groups: Groups) -> list[int]:
    """Of each group of the dataset, where its threshold stands."""
    feature = next(one for one in data.encoder.features if one.name == column)
    codes = np.asarray(encode_column(data.dataset.column(column), feature), dtype=np.float64)
    edges, last = by_group.manifest["edges"], len(by_group.thresholds) - 1
    if edges is not None:
        codes = np.where(
            np.isnan(codes), np.nan, np.searchsorted(np.array(edges), codes, side="right")
        )
    first = [int(np.argmax(groups.codes == place)) for place in range(len(groups.labels))]
    return [last if np.isnan(codes[row]) else int(codes[row]) for row in first]


def _by_weight(data: TrainingData) -> tuple[Treated, ...]:
    spec, codes = data.dataset.spec, data.target.codes
    assert codes is not None  # noqa: S101  a spec asks for no weights of a regression
    names = data.target.classes or ()
    if spec.target in spec.sensitive:
        names = tuple(f"class {number}" for number in range(1, len(names) + 1))
    return reweighing.treated(data.dataset, names, codes, data.parts == TRAIN)


def _apart_changes(
    spec: ModelSpec,
    groups: Groups,
    before: Outcome,
    after: Outcome,
    apart: tuple[Apart, ...],
    seed: int,
) -> dict[Disparity, Change]:
    """How far each disparity moved, on the same rows.

    By the bootstrap over rows; since the disparities of a binary task follow from counted rows, a
    sample of the rows is a draw of the counts.
    """
    if spec.task is not Task.BINARY:
        return {}
    assert isinstance(before, Classified) and isinstance(after, Classified)  # noqa: S101, PT018
    judged = np.flatnonzero(groups.sizes >= spec.fairness.minimum_group)
    number, truth = len(groups.labels), before.truth == 1
    cells = ((groups.codes * 2 + truth) * 2 + before.decided) * 2 + after.decided
    table = np.bincount(cells, minlength=number * 8)
    rows = int(table.sum())
    random = np.random.default_rng(seed)
    drawn = np.vstack([table, random.multinomial(rows, table / rows, SAMPLES)])
    counts = drawn.reshape(-1, number, 2, 2, 2)[:, judged].astype(np.float64)
    found = {}
    for disparity in (one.measure for one in apart if one.measure in COMPARED):
        moved = _distances(disparity, counts.sum(axis=3)) - _distances(
            disparity, counts.sum(axis=4)
        )
        bounds = interval(moved[1:])
        low, high = bounds if bounds else (None, None)
        if np.isfinite(moved[0]):
            found[disparity] = Change(value=float(moved[0]), low=low, high=high)
    return found


def _distances(disparity: Disparity, counts: Floats) -> Floats:
    """A disparity of many samples: [samples] of counts [samples, groups, truth, called]."""
    samples, groups = counts.shape[:2]
    parts = fractions(counts.reshape(samples * groups, 2, 2))
    each = []
    for name in COMPARED[disparity]:
        hits, rows = parts[name]
        rate = np.divide(hits, rows, out=np.full(len(rows), np.nan), where=rows > 0)
        rate = rate.reshape(samples, groups)
        low, high = rate.min(axis=1), rate.max(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            each.append(low / high if disparity.is_ratio else high - low)
    worst: Floats = np.min(each, axis=0) if disparity.is_ratio else np.max(each, axis=0)
    return worst
