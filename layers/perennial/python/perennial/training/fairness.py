"""What a candidate does to groups of people on the holdout: `fairness.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from perennial.evaluation.fairness import (
    HIDDEN_BELOW,
    Apart,
    Estimate,
    FairnessFound,
    Group,
    Grouping,
    Mitigated,
)
from perennial.evaluation.measure import Floats, Integers
from perennial.evaluation.measures import Classified, Estimated, Outcome
from perennial.spec import ModelSpec, Task
from perennial.spec.fairness import Disparity
from perennial.training import fairness_errors, fairness_rates
from perennial.training.fairness_intervals import Limits, Spread, of_one
from perennial.training.fairness_rates import Rates, counted
from perennial.training.groups import MISSING, MOST_GROUPS, Groups, groupings

Questions = Mapping[str | None, Rates]
Named = Mapping[str, Limits]
Found = Mapping[Disparity, tuple[Spread, Integers]]


def fairness_of(
    spec: ModelSpec,
    rows: pa.Table,
    outcome: Outcome,
    *,
    run_id: str,
    artifact_digest: str,
    mitigation: Mitigated | None = None,
) -> FairnessFound:
    """Every grouping that the spec asks for.

    Args:
        spec: of the model.
        rows: of the holdout that the candidate answers, with the columns the groups are made of.
        outcome: what was true of them and what the candidate says.
        run_id: of the run.
        artifact_digest: of the candidate.
        mitigation: what was done about a difference.
    """
    found = [grouping_of(spec, groups, outcome) for groups in groupings(spec, rows)]
    return FairnessFound(
        model=spec.name,
        run_id=run_id,
        artifact_digest=artifact_digest,
        task=spec.task,
        positive=None if spec.target in spec.sensitive else spec.positive_class,
        rows=len(outcome.truth),
        minimum_group=spec.fairness.minimum_group,
        groupings=tuple(found),
        mitigation=mitigation,
    )


def grouping_of(spec: ModelSpec, groups: Groups, outcome: Outcome) -> Grouping:
    """One grouping: its groups, and how far they lie apart."""
    fewest, sizes = spec.fairness.minimum_group, groups.sizes
    note = why_not(groups, fewest)
    if len(sizes) > MOST_GROUPS:
        return Grouping(columns=groups.columns, groups=(), apart=(), note=note)
    asked, told = _questions(spec, groups, outcome), []
    measures, by_class = _measures(spec, groups, outcome, asked)
    for place, (labels, size) in enumerate(zip(groups.labels, sizes.tolist(), strict=True)):
        hidden = size < HIDDEN_BELOW
        told.append(
            Group(
                labels=labels,
                rows=None if hidden else size,
                judged=size >= fewest,
                measures={} if hidden else _at(measures, place),
                by_class={}
                if hidden
                else {label: _at(of_class, place) for label, of_class in by_class.items()},
            )
        )
    apart = _all_apart(spec, groups, outcome, asked)
    return Grouping(columns=groups.columns, groups=tuple(told), apart=apart, note=note)


def apart_of(spec: ModelSpec, groups: Groups, outcome: Outcome) -> tuple[Apart, ...]:
    """How far the groups lie apart, in every measure that enough rows were found for."""
    if len(groups.labels) > MOST_GROUPS:
        return ()
    return _all_apart(spec, groups, outcome, _questions(spec, groups, outcome))


def _all_apart(
    spec: ModelSpec, groups: Groups, outcome: Outcome, asked: Questions
) -> tuple[Apart, ...]:
    fewest, names, told = spec.fairness.minimum_group, groups.labels, []
    for label, found in asked.items():
        told += _apart(found.apart(fewest), names, label)
    told += _apart(_averages(groups, outcome).apart(fewest), names, None)
    accuracy = Disparity.ACCURACY_DIFFERENCE
    if spec.task is Task.MULTICLASS and isinstance(outcome, Classified):
        # Whether the class was the right one, not whether each was told from the others.
        right = _right(groups, outcome).apart(fewest)
        told = [one for one in told if one.measure is not accuracy]
        told += _apart({name: of for name, of in right.items() if name is accuracy}, names, None)
    return tuple(sorted(told, key=lambda one: list(Disparity).index(one.measure)))


def why_not(groups: Groups, fewest: int) -> str:
    """Why groups cannot be compared, and how they came about where that needs to be told."""
    sizes, name = groups.sizes, " and ".join(groups.columns)
    if len(sizes) > MOST_GROUPS:
        told = f"{name} makes {len(sizes)} groups; more than {MOST_GROUPS} are not compared"
    elif len(sizes) == 1 and groups.labels[0] == (MISSING,) * len(groups.columns):
        told = f"no row has a value of {name}"
    elif len(sizes) == 1:
        told = f"every row has the same value of {name}; there is nothing to compare"
    elif (sizes >= fewest).sum() < 2:
        told = f"fewer than two groups by {name} have {fewest} rows; too few to judge"
    else:
        told = ""
    return "; ".join(part for part in (told, groups.note) if part)


def _measures(
    spec: ModelSpec, groups: Groups, outcome: Outcome, asked: Questions
) -> tuple[Named, dict[str, Named]]:
    """Measures by group; of a multiclass task, those of each class apart."""
    tail, number = of_one(), len(groups.labels)
    averages: dict[str, Limits] = _averages(groups, outcome).limited(tail)
    if isinstance(outcome, Estimated):
        return averages, {}
    came_true, probability = _confidence(outcome)
    errors = fairness_errors.calibration_errors(groups.codes, number, came_true, probability)
    unknown = np.full(number, np.nan)
    averages[fairness_errors.CALIBRATION_ERROR] = Limits(errors, unknown, unknown)
    rates = {label: found.limited(tail) for label, found in asked.items()}
    if spec.task is Task.BINARY:
        return rates[None] | averages, {}
    right = _right(groups, outcome).limited(tail)
    averages[fairness_rates.ACCURACY] = right[fairness_rates.ACCURACY]
    return averages, {str(label): of for label, of in rates.items()}


def _questions(spec: ModelSpec, groups: Groups, outcome: Outcome) -> Questions:
    """Each yes-or-no question that a classification answers, by the class it is about."""
    if isinstance(outcome, Estimated):
        return {}
    number, decided = len(groups.labels), outcome.decided
    secret = spec.target in spec.sensitive
    asked: dict[str | None, int] = {None: 1}
    if spec.task is Task.MULTICLASS:
        labels = enumerate(outcome.labels)
        asked = {f"class {at + 1}" if secret else label: at for at, label in labels}
    return {
        label: Rates(counted(groups.codes, number, outcome.truth == code, decided == code))
        for label, code in asked.items()
    }


def _right(groups: Groups, outcome: Classified) -> Rates:
    """Whether the label given is the true one."""
    right = outcome.truth == outcome.decided
    yes = np.ones(len(right), dtype=np.bool_)
    return Rates(counted(groups.codes, len(groups.labels), yes, right))


def _averages(groups: Groups, outcome: Outcome) -> fairness_errors.Averages:
    codes, number = groups.codes, len(groups.labels)
    if isinstance(outcome, Estimated):
        return fairness_errors.of_numbers(codes, number, outcome.truth, outcome.predicted)
    return fairness_errors.of_probabilities(codes, number, *_confidence(outcome))


def _confidence(outcome: Classified) -> tuple[Floats, Floats]:
    """What came true and which probability it had: the positive class, else the likeliest."""
    if outcome.threshold is not None:
        return (outcome.truth == 1).astype(np.float64), outcome.probabilities[:, 1]
    likeliest = outcome.probabilities.argmax(axis=1)
    return (outcome.truth == likeliest).astype(np.float64), outcome.probabilities.max(axis=1)


def _apart(found: Found, names: Sequence[tuple[str, ...]], of_class: str | None) -> list[Apart]:
    return [
        Apart(
            measure=disparity,
            of_class=of_class,
            value=spread.value,
            low=spread.low,
            high=spread.high,
            groups=len(among),
            between=(
                ", ".join(names[among[spread.smallest]]),
                ", ".join(names[among[spread.largest]]),
            ),
        )
        for disparity, (spread, among) in found.items()
    ]


def _at(measures: Named, place: int) -> dict[str, Estimate]:
    """The measures of one group that are defined for it."""
    found = {}
    for name, limits in measures.items():
        value, low, high = (float(one[place]) for one in (limits.values, limits.low, limits.high))
        if np.isfinite(value):
            bounded = np.isfinite(low) and np.isfinite(high)
            found[name] = Estimate(
                value=value, low=low if bounded else None, high=high if bounded else None
            )
    return found
