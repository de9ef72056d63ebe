"""Weights for training rows that make the target independent of who a row is about.

Kamiran and Calders, "Data preprocessing techniques for classification without discrimination",
Knowledge and Information Systems 33 (2012), section 4.3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perennial.evaluation.fairness import HIDDEN_BELOW, Treated
from perennial.evaluation.measure import Floats, Integers, Truths
from perennial.spec import ModelSpec
from perennial.spec.fairness import Method
from perennial.training.dataset import Dataset
from perennial.training.groups import groups_by, spoken_of


def balanced(groups: Integers, classes: npt.NDArray[np.int32], fitted: Truths) -> Floats:
    """The weight of every row, [rows]: how often its group and class would meet by chance.

    Args:
        groups: code of each row's group, [rows].
        classes: code of each row's class, [rows].
        fitted: the rows that are learned from; the others weigh what these do.

    Returns:
        P(group) P(class) / P(group and class); 1 where that never meets in a fitted row.
    """
    width = int(classes.max()) + 1
    cells = groups.astype(np.int64) * width + classes
    table = np.bincount(cells[fitted], minlength=(int(groups.max()) + 1) * width)
    table = table.reshape(-1, width).astype(np.float64)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / max(table.sum(), 1.0)
    weights = np.divide(expected, table, out=np.ones_like(table), where=table > 0)
    found: Floats = weights.reshape(-1)[cells]
    return found


def asked_for(spec: ModelSpec) -> bool:
    """Whether the spec asks for weights."""
    return spec.fairness.mitigation.method is Method.REWEIGHING


def weights_of(dataset: Dataset, classes: npt.NDArray[np.int32], fitted: Truths) -> Floats:
    """The weights of a dataset's rows, by the groups of the column its spec names."""
    column = str(dataset.spec.fairness.mitigated_column)
    groups = groups_by(dataset.spec, column, dataset.column(column))
    return balanced(groups.codes, classes, fitted)


def treated(
    dataset: Dataset, names: tuple[str, ...], classes: npt.NDArray[np.int32], fitted: Truths
) -> tuple[Treated, ...]:
    """The weights of each group by class, for a report.

    Args:
        dataset: of the run.
        names: of the classes, as a report may call them.
        classes: code of each row's class, [rows].
        fitted: the rows that are learned from, [rows].
    """
    column = str(dataset.spec.fairness.mitigated_column)
    groups = spoken_of(dataset.spec, groups_by(dataset.spec, column, dataset.column(column)))
    weights, found = balanced(groups.codes, classes, fitted), []
    for place, (label,) in enumerate(groups.labels):
        mine = (groups.codes == place) & fitted
        rows = int(mine.sum())
        by_class = {
            name: float(weights[mine & (classes == code)][0])
            for code, name in enumerate(names)
            if (mine & (classes == code)).sum() >= HIDDEN_BELOW
        }
        shown = rows if rows >= HIDDEN_BELOW else None
        found.append(Treated(label=label, rows=shown, weights=by_class))
    return tuple(found)
