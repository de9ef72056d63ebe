"""Metrics of order: how well scores rank positives before negatives, whatever the threshold."""

from __future__ import annotations

import numpy as np

from perennial.evaluation.measure import Floats, Integers, Measure, Truths, ratio


def roc_auc(truth: Truths, score: Floats) -> Measure:
    """Area under the ROC curve; ties count half. Undefined when a class has no weight.

    As the probability that a positive scores above a negative (Mann-Whitney U): Hanley and
    McNeil, "The meaning and use of the area under a receiver operating characteristic curve",
    Radiology 143 (1982).
    """
    positives, negatives = _ranked(truth, score), _ranked(~truth, score)
    below = np.searchsorted(score[negatives], score[positives], "left")
    up_to = np.searchsorted(score[negatives], score[positives], "right")

    def measure(weights: Floats) -> Floats:
        beaten = _cumulated(weights, negatives)
        of_each = (np.take(beaten, below, axis=1) + np.take(beaten, up_to, axis=1)) / 2
        present = np.take(weights, positives, axis=1)
        return ratio(_dot(present, of_each), present.sum(axis=1) * beaten[:, -1])

    return measure


def average_precision(truth: Truths, score: Floats) -> Measure:
    """Area under the precision-recall curve, as the step sum of precision over gains in recall.

    AP = sum over thresholds of (R_n - R_{n-1}) P_n; not interpolated: Davis and Goadrich, "The
    relationship between precision-recall and ROC curves", ICML 2006. Undefined without
    positives. Taken here as the mean, over the positives, of the precision among all rows that
    score at least as high.
    """
    positives, negatives = _ranked(truth, -score), _ranked(~truth, -score)
    own = -score[positives]
    found = np.searchsorted(own, own, "right")
    taken = np.searchsorted(-score[negatives], own, "right")

    def measure(weights: Floats) -> Floats:
        right = np.take(_cumulated(weights, positives), found, axis=1)
        wrong = np.take(_cumulated(weights, negatives), taken, axis=1)
        present = np.take(weights, positives, axis=1)
        precision = ratio(right, right + wrong, empty=0.0)
        return ratio(_dot(present, precision), present.sum(axis=1))

    return measure


def _ranked(rows: Truths, score: Floats) -> Integers:
    """Places of some rows, by ascending score."""
    places = np.flatnonzero(rows)
    return places[np.argsort(score[places], kind="stable")]


def _cumulated(weights: Floats, order: Integers) -> Floats:
    """Weight of the first 0, 1, 2, … rows of an order: [samples, rows of the order + 1]."""
    sums = np.zeros((len(weights), len(order) + 1))
    np.cumsum(np.take(weights, order, axis=1), axis=1, out=sums[:, 1:])
    return sums


def _dot(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", left, right))


def roc_points(truth: Truths, score: Floats) -> tuple[Floats, Floats]:
    """False and true positive rates at every threshold, from (0, 0) to (1, 1)."""
    right, wrong = _by_threshold(truth, score)
    return np.r_[0.0, wrong] / max(wrong[-1], 1), np.r_[0.0, right] / max(right[-1], 1)


def precision_recall_points(truth: Truths, score: Floats) -> tuple[Floats, Floats]:
    """Recall and precision at every threshold, the highest first."""
    right, wrong = _by_threshold(truth, score)
    return right / max(right[-1], 1), right / (right + wrong)


def _by_threshold(truth: Truths, score: Floats) -> tuple[Floats, Floats]:
    """Positives and negatives that score at least as high as each distinct score, descending."""
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(score[order]) != 0, True])
    right = np.cumsum(truth[order])[last].astype(np.float64)
    return right, last + 1 - right
