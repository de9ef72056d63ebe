"""Trees over the columns of a pipeline as trees over the features: the steps before are folded in.

Every column is a function of one feature. Where the feature is a category, a split is a set of
categories; where it is a number, the function never falls, and the split is another threshold.
The trees then ask for encoded rows, and nothing of the pipeline is left to do when they serve.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.features.schema import CATEGORY
from perennial.training.pipeline.probe import Floats, Probe
from perennial.training.trees import Tree

Integers = npt.NDArray[np.int64]


class Fold:
    """The splits of some trees, brought from columns to features.

    Attributes:
        feature: the feature a split asks for, by split.
        threshold: the largest number that goes to the left; of categories it is not used.
        missing_left: where a missing value goes.
        to_right: the categories that go to the right; None for a number.
    """

    def __init__(
        self, probe: Probe, columns: Integers, thresholds: Floats, default: Any, less: Any
    ) -> None:
        """Find what the splits mean for the features.

        Args:
            probe: of the pipeline.
            columns: the column each split asks for, [splits].
            thresholds: what it is compared with, [splits].
            default: whether a missing value goes to the left, [splits].
            less: `less(values, thresholds)`, whether values go to the left; never for NaN.

        Raises:
            NotExportable: a step refuses a value that can come, or its function has gaps.
        """
        self._probe, self._less = probe, less
        self.feature = np.array([probe.columns[n].feature for n in columns], dtype=np.int64)
        kinds = [probe.features[place].type == CATEGORY for place in self.feature]
        category = np.array(kinds, dtype=np.bool_)
        self.threshold = np.zeros(len(columns))
        self.missing_left = np.array(default, dtype=np.bool_)
        self.to_right: list[Integers | None] = [None] * len(columns)
        self._numbers(np.flatnonzero(~category), columns, thresholds)
        self._categories(np.flatnonzero(category), columns, thresholds)

    def _numbers(self, splits: Integers, columns: Integers, thresholds: Floats) -> None:
        wanted = np.stack((columns[splits].astype(np.float64), thresholds[splits]), axis=1)
        pairs, place = np.unique(wanted, axis=0, return_inverse=True)
        if not len(pairs):
            return
        less = self._less
        cuts = self._probe.last_below(
            pairs[:, 0].astype(np.int64), lambda values: less(values, pairs[:, 1])
        )
        self.threshold[splits] = cuts[place.ravel()]
        missing = {n: self._probe.missing(n) for n in set(self.feature[splits].tolist())}
        values = np.array([missing[self.feature[n]][columns[n]] for n in splits])
        self._send_missing(splits, values, thresholds)

    def _categories(self, splits: Integers, columns: Integers, thresholds: Floats) -> None:
        tables = {n: self._probe.table(n) for n in set(self.feature[splits].tolist())}
        for split in splits:
            values = tables[self.feature[split]][:, columns[split]]
            left = self._less(values, np.full(len(values), thresholds[split]))
            left |= np.isnan(values) & self.missing_left[split]
            self.missing_left[split] = left[-1]
            if left[:-1].all():  # XGBoost knows no empty set; as numbers, all codes are below this
                self.threshold[split] = np.inf
            else:
                self.to_right[split] = np.flatnonzero(~left[:-1])

    def _send_missing(self, splits: Integers, values: Floats, thresholds: Floats) -> None:
        """A missing value goes where what the steps put in its place goes."""
        there = ~np.isnan(values)
        self.missing_left[splits[there]] = self._less(values[there], thresholds[splits[there]])


def folded(trees: list[Tree], probe: Probe, kind: Any) -> list[Tree]:
    """Trees over encoded rows that send each row where the pipeline's trees send it.

    Args:
        trees: over the pipeline's columns.
        probe: of the pipeline.
        kind: numpy's type of the columns when the trees compare them.

    Raises:
        NotExportable: a split cannot be brought to the features.
    """
    inner = [np.flatnonzero(tree.left >= 0) for tree in trees]
    empty = np.zeros(0)
    fold = Fold(
        probe,
        np.concatenate([tree.feature[at] for tree, at in zip(trees, inner, strict=True)]).astype(
            np.int64
        ),
        np.concatenate([empty, *(t.threshold[at] for t, at in zip(trees, inner, strict=True))]),
        np.concatenate([empty, *(t.missing_left[at] for t, at in zip(trees, inner, strict=True))]),
        lambda values, thresholds: rounded(values, kind) <= thresholds,
    )
    found, start = [], 0
    for tree, at in zip(trees, inner, strict=True):
        here = slice(start, start + len(at))
        start += len(at)
        feature, threshold = tree.feature.copy(), tree.threshold.copy()
        missing = tree.missing_left.copy()
        feature[at], threshold[at] = fold.feature[here], fold.threshold[here]
        missing[at] = fold.missing_left[here]
        sets = dict(zip(at.tolist(), fold.to_right[here], strict=True))
        found.append(
            replace(
                tree,
                feature=feature,
                threshold=threshold,
                missing_left=missing,
                to_right={node: codes for node, codes in sets.items() if codes is not None},
            )
        )
    return found


def rounded(values: Floats, kind: Any) -> Any:
    """Values in another type; what is too large for it is infinite."""
    with np.errstate(over="ignore"):
        return values.astype(kind)
