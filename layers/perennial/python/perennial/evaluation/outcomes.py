"""From scores in a model's own order of labels to outcomes that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perennial.evaluation.measure import Floats, Integers, Truths
from perennial.evaluation.measures import Classified, Estimated, Outcome
from perennial.spec import ModelSpec, Task


@dataclass(frozen=True, slots=True)
class Scored:
    """What one model says about the holdout.

    `values` is [rows, labels] of probabilities, or [rows, 1] of estimates; rows it refuses are
    NaN and not `answerable`. `labels` are its own, in its own order.
    """

    values: Floats
    answerable: Truths
    labels: tuple[str, ...] | None
    threshold: float | None
    by_row: Floats | None = None  # thresholds [rows], where groups have their own


@dataclass(frozen=True, slots=True)
class Truth:
    """The target of the holdout: numbers, or codes of labels and the labels they stand for."""

    numbers: Floats | None = None
    codes: Integers | None = None
    names: tuple[str, ...] = ()


def outcome(spec: ModelSpec, truth: Truth, scored: Scored, rows: Truths) -> Outcome:
    """What was true and what a model said, on some of the rows.

    Raises:
        ValueError: the model does not predict what the spec asks for.
    """
    values = scored.values[rows]
    if spec.task is Task.REGRESSION:
        if truth.numbers is None or scored.labels is not None:
            raise ValueError("it does not estimate a number")
        return Estimated(truth.numbers[rows], values[:, 0])
    if truth.codes is None or scored.labels is None:
        raise ValueError("it does not predict labels")
    present = truth.codes[rows]
    if spec.task is Task.BINARY:
        by_row = None if scored.by_row is None else scored.by_row[rows]
        return _binary(str(spec.positive_class), truth.names, present, scored, values, by_row)
    return _multiclass(truth.names, present, scored, values)


def _binary(
    positive: str,
    names: Sequence[str],
    codes: Integers,
    scored: Scored,
    values: Floats,
    by_row: Floats | None,
) -> Classified:
    labels = scored.labels or ()
    if positive not in labels or len(labels) != 2:
        raise ValueError("it predicts other labels")
    place = labels.index(positive)
    probability = values[:, place]
    return Classified(
        labels=(labels[1 - place], positive),
        truth=np.array([int(name == positive) for name in names])[codes],
        probabilities=np.column_stack([1 - probability, probability]),
        threshold=0.5 if scored.threshold is None else scored.threshold,
        by_row=by_row,
    )


def _multiclass(
    names: Sequence[str], codes: Integers, scored: Scored, values: Floats
) -> Classified:
    """Labels the model does not know get a probability of 0.

    Columns are for all labels of the holdout, whichever rows are asked for.
    """
    own = scored.labels or ()
    labels = (*own, *sorted(set(names) - set(own)))
    probabilities = np.zeros((len(codes), len(labels)))
    probabilities[:, : len(own)] = values
    return Classified(labels, np.array([labels.index(n) for n in names])[codes], probabilities)
