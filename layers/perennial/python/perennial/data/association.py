"""How well one column alone predicts the target: too well is a sign of leakage.

Measured honestly: what each value (or each of 64 bins of a number) says about the target is
learned from the even rows of a sample and judged on the odd ones.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perennial.spec import Task

Floats = npt.NDArray[np.float64]
Bins = npt.NDArray[np.int64]
_BINS = 64
_FEWEST_ROWS = 40  # in a sample; fewer say nothing

# From where on a single column is suspicious, by task: ROC AUC; share of the naive guess's
# errors that are avoided (Goodman and Kruskal's lambda); share of the variance explained.
NEARLY_DETERMINES = {Task.BINARY: 0.99, Task.MULTICLASS: 0.98, Task.REGRESSION: 0.99}
STRONG = {Task.BINARY: 0.8, Task.MULTICLASS: 0.6, Task.REGRESSION: 0.75}
MEASURE = {
    Task.BINARY: "ROC AUC",
    Task.MULTICLASS: "share of errors avoided",
    Task.REGRESSION: "share of variance explained",
}


def strength(feature: Floats, target: Floats, task: Task, numeric: bool) -> float:
    """How well a feature alone predicts the target, between 0 and 1 (AUC: 0.5 and 1).

    Args:
        feature: numbers (NaN for missing) or codes of categories, one per sampled row.
        target: numbers, or codes of classes; no NaN.
        task: decides the measure.
        numeric: whether the feature has an order worth binning.
    """
    if len(target) < _FEWEST_ROWS:
        return 0.0
    bins = _binned(feature) if numeric else feature.astype(np.int64) + 2
    learn, judge = slice(0, None, 2), slice(1, None, 2)
    if task is Task.REGRESSION:
        return _variance_explained(bins[learn], target[learn], bins[judge], target[judge])
    classes = target.astype(np.int64)
    table = np.zeros((int(bins.max()) + 1, int(classes.max()) + 1))
    np.add.at(table, (bins[learn], classes[learn]), 1)
    if task is Task.BINARY:
        return _auc(_rates(table)[bins[judge]], classes[judge] == classes.max())
    return _errors_avoided(table, bins[judge], classes[judge])


def _binned(feature: Floats) -> Bins:
    """Bin numbers; missing values are a bin of their own."""
    present = feature[::2][np.isfinite(feature[::2])]
    if not len(present):
        return np.zeros(len(feature), np.int64)
    edges = np.unique(np.quantile(present, np.linspace(0, 1, _BINS + 1)))
    bins = np.searchsorted(edges, feature, "right") + 1
    return np.where(np.isnan(feature), 0, bins)


def _variance_explained(bins: Bins, target: Floats, others: Bins, truth: Floats) -> float:
    width = int(max(bins.max(), others.max())) + 1
    rows = np.bincount(bins, minlength=width)
    sums = np.bincount(bins, target, minlength=width)
    means = np.where(rows > 0, sums / np.maximum(rows, 1), target.mean())
    spread = float(np.square(truth - truth.mean()).sum())
    error = float(np.square(truth - means[others]).sum())
    return max(0.0, 1 - error / spread) if spread > 0 else 0.0


def _rates(table: Floats) -> Floats:
    """Share of the last class per bin, drawn a little towards that of all rows."""
    overall = table[:, -1].sum() / max(table.sum(), 1)
    rates: Floats = (table[:, -1] + overall) / (table.sum(axis=1) + 1)
    return rates


def _auc(scores: Floats, positive: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve by mid-ranks (Mann and Whitney, 1947)."""
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return 0.5
    values, place, rows = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(rows) - (rows - 1) / 2
    total = float(ranks[place][positive].sum())
    area = (total - positives * (positives + 1) / 2) / (positives * negatives)
    return area if len(values) > 1 else 0.5


def _errors_avoided(table: Floats, bins: Bins, classes: Bins) -> float:
    usual = int(table.sum(axis=0).argmax())
    guess = np.where(table.sum(axis=1) > 0, table.argmax(axis=1), usual)
    naive = float((classes != usual).mean())
    wrong = float((classes != guess[bins]).mean())
    return max(0.0, 1 - wrong / naive) if naive > 0 else 0.0
