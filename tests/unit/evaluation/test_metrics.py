"""Our metrics are scikit-learn's: on any input, with ties, weighted or not."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from perennial.evaluation import calibration, decisions, losses, ranking
from perennial.evaluation.measure import Floats, Integers, Measure, value

CLASSES = 4
# Few distinct scores, so that ties are the rule; the ends of the interval among them.
TIED = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.500001, 0.9, 1.0])
SCORES = st.one_of(TIED, st.floats(0, 1))
NUMBERS = st.one_of(st.sampled_from([-1.0, 0.0, 2.5]), st.floats(-1e6, 1e6))
SIZES = st.integers(2, 60)


@st.composite
def binary(draw: st.DrawFn) -> tuple[Integers, Floats, Floats]:
    rows = draw(SIZES)
    truth = draw(arrays(np.int64, rows, elements=st.integers(0, 1)))
    assume(0 < truth.sum() < rows)
    score = draw(arrays(np.float64, rows, elements=SCORES))
    return truth, score, draw(counts(rows))


def counts(rows: int) -> st.SearchStrategy[Floats]:
    """How often a bootstrap sample holds each row; never only one class, none or one row."""
    return arrays(np.int64, rows, elements=st.integers(1, 4)).map(lambda w: w.astype(np.float64))


@st.composite
def multiclass(draw: st.DrawFn) -> tuple[Integers, Floats, Floats]:
    rows = draw(SIZES)
    truth = draw(arrays(np.int64, rows, elements=st.integers(0, CLASSES - 1)))
    raw = draw(arrays(np.float64, (rows, CLASSES), elements=st.floats(0.01, 1)))
    return truth, raw / raw.sum(axis=1, keepdims=True), draw(counts(rows))


@st.composite
def regression(draw: st.DrawFn) -> tuple[Floats, Floats, Floats]:
    rows = draw(SIZES)
    truth = draw(arrays(np.float64, rows, elements=NUMBERS))
    return truth, draw(arrays(np.float64, rows, elements=NUMBERS)), draw(counts(rows))


def agree(measure: Measure, expected: Callable[..., Any], weights: Floats) -> None:
    """Unweighted, weighted, and several samples at once."""
    rows = len(weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns where it falls back to 0
        plain, weighted = float(expected()), float(expected(sample_weight=weights))
    assert value(measure, rows) == pytest.approx(plain, rel=1e-9, abs=1e-9)
    samples = measure(np.stack([weights, np.ones(rows)]))
    assert samples == pytest.approx([weighted, plain], rel=1e-9, abs=1e-9)


@given(binary())
def test_roc_auc_is_that_of_scikit_learn(case: tuple[Integers, Floats, Floats]) -> None:
    truth, score, weights = case
    agree(
        ranking.roc_auc(truth == 1, score),
        lambda **w: sk.roc_auc_score(truth, score, **w),
        weights,
    )


@given(binary())
def test_average_precision_is_that_of_scikit_learn(case: tuple[Integers, Floats, Floats]) -> None:
    truth, score, weights = case
    agree(
        ranking.average_precision(truth == 1, score),
        lambda **w: sk.average_precision_score(truth, score, **w),
        weights,
    )


@given(binary())
def test_log_loss_and_brier_are_those_of_scikit_learn(
    case: tuple[Integers, Floats, Floats],
) -> None:
    truth, score, weights = case
    both = np.column_stack([1 - score, score])
    agree(losses.log_loss(truth, both), lambda **w: sk.log_loss(truth, score, **w), weights)
    agree(
        losses.brier(truth == 1, score),
        lambda **w: sk.brier_score_loss(truth, score, **w),
        weights,
    )


@given(binary(), st.sampled_from([0.0, 0.25, 0.5, 0.9]))
def test_decisions_are_those_of_scikit_learn(
    case: tuple[Integers, Floats, Floats], threshold: float
) -> None:
    truth, score, weights = case
    called = (score >= threshold).astype(np.int64)
    positive, yes = truth == 1, called == 1
    pairs: list[tuple[Measure, Callable[..., Any]]] = [
        (decisions.accuracy(truth, called), sk.accuracy_score),
        (decisions.precision(positive, yes), sk.precision_score),
        (decisions.recall(positive, yes), sk.recall_score),
        (decisions.f1(positive, yes), sk.f1_score),
        (decisions.balanced_accuracy(truth, called, 2), sk.balanced_accuracy_score),
    ]
    for measure, theirs in pairs:
        agree(measure, lambda theirs=theirs, **w: theirs(truth, called, **w), weights)
    assert decisions.confusion(truth, called, 2) == sk.confusion_matrix(truth, called).tolist()


@given(binary())
def test_curves_are_those_of_scikit_learn(case: tuple[Integers, Floats, Floats]) -> None:
    truth, score, _ = case
    false, true, _ = sk.roc_curve(truth, score, drop_intermediate=False)
    found = ranking.roc_points(truth == 1, score)
    assert found[0] == pytest.approx(false)
    assert found[1] == pytest.approx(true)
    precision, recall, _ = sk.precision_recall_curve(truth, score)
    points = ranking.precision_recall_points(truth == 1, score)
    # Theirs ascends in threshold and ends with an invented point, recall 0 at precision 1.
    assert points[0] == pytest.approx(recall[:-1][::-1])
    assert points[1] == pytest.approx(precision[:-1][::-1])


@given(multiclass())
def test_multiclass_metrics_are_those_of_scikit_learn(
    case: tuple[Integers, Floats, Floats],
) -> None:
    truth, probabilities, weights = case
    decided = probabilities.argmax(axis=1)
    labels = list(range(CLASSES))
    agree(
        losses.log_loss(truth, probabilities),
        lambda **w: sk.log_loss(truth, probabilities, labels=labels, **w),
        weights,
    )
    agree(
        decisions.macro_f1(truth, decided, CLASSES),
        lambda **w: sk.f1_score(truth, decided, average="macro", **w),
        weights,
    )
    agree(
        decisions.balanced_accuracy(truth, decided, CLASSES),
        lambda **w: sk.balanced_accuracy_score(truth, decided, **w),
        weights,
    )


@given(regression())
def test_regression_metrics_are_those_of_scikit_learn(case: tuple[Floats, Floats, Floats]) -> None:
    truth, predicted, weights = case
    pairs: list[tuple[Measure, Callable[..., Any]]] = [
        (losses.mae(truth, predicted), sk.mean_absolute_error),
        (losses.rmse(truth, predicted), sk.root_mean_squared_error),
    ]
    for measure, theirs in pairs:
        agree(measure, lambda theirs=theirs, **w: theirs(truth, predicted, **w), weights)


@given(regression())
def test_r2_is_that_of_scikit_learn(case: tuple[Floats, Floats, Floats]) -> None:
    truth, predicted, weights = case
    assume(np.ptp(truth) > 1e-3 * np.abs(truth).max())
    measure = losses.r2(truth, predicted)
    for sample in (np.ones(len(truth)), weights):
        expected = sk.r2_score(truth, predicted, sample_weight=sample)
        assert measure(sample[None])[0] == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(regression())
def test_median_absolute_error_is_the_median_of_the_sample(
    case: tuple[Floats, Floats, Floats],
) -> None:
    truth, predicted, weights = case
    measure = losses.median_absolute_error(truth, predicted)
    rows = len(truth)
    assert value(measure, rows) == pytest.approx(sk.median_absolute_error(truth, predicted))
    drawn = np.repeat(np.arange(rows), weights.astype(int))
    expected = sk.median_absolute_error(truth[drawn], predicted[drawn])
    assert measure(weights[None])[0] == pytest.approx(expected)


@given(binary())
@settings(max_examples=50)
def test_calibration_bins_are_those_of_scikit_learn(case: tuple[Integers, Floats, Floats]) -> None:
    from sklearn.calibration import calibration_curve

    truth, score, _ = case
    observed, predicted = calibration_curve(truth, score, n_bins=10)
    bins = calibration.reliability(truth.astype(np.float64), score)
    assert bins.observed == pytest.approx(observed)
    assert bins.predicted == pytest.approx(predicted)
    error = sum(
        n * abs(o - p) for o, p, n in zip(bins.observed, bins.predicted, bins.rows, strict=True)
    )
    measure = calibration.calibration_error(truth.astype(np.float64), score)
    assert value(measure, len(truth)) == pytest.approx(error / len(truth))


def test_r2_of_a_target_that_does_not_vary_is_one_or_nothing() -> None:
    truth = np.full(45, 46604.00104202)
    assert value(losses.r2(truth, truth), 45) == 1.0
    assert value(losses.r2(truth, truth + 1), 45) == 0.0


def test_a_metric_is_undefined_where_a_class_is_missing() -> None:
    truth, score = np.array([True, True]), np.array([0.1, 0.9])
    assert np.isnan(value(ranking.roc_auc(truth, score), 2))
    assert np.isnan(value(ranking.average_precision(~truth, score), 2))


def test_multiclass_roc_auc_is_that_of_scikit_learn() -> None:
    from perennial.evaluation.measures import Classified, values
    from perennial.spec import Task

    random = np.random.default_rng(3)
    raw = random.random((200, CLASSES)).round(1) + 0.01
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    truth = random.integers(0, CLASSES, 200)
    outcome = Classified(("a", "b", "c", "d"), truth, probabilities)
    expected = sk.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro")
    assert values(Task.MULTICLASS, outcome)["roc_auc"] == pytest.approx(expected)
