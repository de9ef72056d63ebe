"""A trial is given up when it is worse than half of what earlier rounds finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from perennial.spec import Algorithm, Metric
from perennial.spec.tuning import CrossValidation
from perennial.training.choice import with_estimator
from perennial.training.folds import folds_of
from perennial.training.judging import judge
from perennial.training.reading import read_data
from perennial.training.run import silent
from perennial.tuning.records import Bounds, CurvePoint, State, Trial
from perennial.tuning.stopping import bounds_of

from tests.unit.training.samples import table
from tests.unit.tuning.searching import a_search, begun


def finished(count: int, **given: Any) -> list[Trial]:
    return [
        Trial(
            number=number,
            round=1,
            algorithm=Algorithm.XGBOOST,
            parameters={},
            state=State.COMPLETE,
            value=0.5,
            folds=(0.1 * number, 0.2),
            curve=tuple(
                CurvePoint(round=rounds, train=0.0, validation=number - rounds / 1000)
                for rounds in (1, 101, 201)
            ),
        ).model_copy(update=given)
        for number in range(count)
    ]


def test_too_few_finished_trials_stop_nobody() -> None:
    assert bounds_of(a_search(), Algorithm.XGBOOST, {}, finished(4)) == Bounds()


def test_nobody_is_stopped_where_the_spec_says_so() -> None:
    spec = a_search(stop_bad_trials=False)
    assert bounds_of(spec, Algorithm.XGBOOST, {}, finished(9)) == Bounds()


def test_a_boosted_model_has_to_beat_the_median_loss_of_its_round() -> None:
    bounds = bounds_of(a_search(), Algorithm.XGBOOST, {}, finished(5))
    assert bounds.rounds == pytest.approx({101: 2 - 0.101, 201: 2 - 0.201})


def test_losses_of_another_algorithm_or_another_objective_are_not_compared() -> None:
    spec = a_search()
    assert not bounds_of(spec, Algorithm.GRADIENT_BOOSTING, {}, finished(9)).rounds
    given = {"objective": "reg:tweedie"}
    assert not bounds_of(spec, Algorithm.XGBOOST, given, finished(9)).rounds


def test_trials_that_failed_or_were_stopped_set_no_bounds() -> None:
    for state in (State.FAILED, State.PRUNED, State.LOST):
        assert bounds_of(a_search(), Algorithm.XGBOOST, {}, finished(9, state=state)) == Bounds()


def test_with_folds_the_mean_of_the_first_folds_is_compared() -> None:
    spec = a_search(cross_validation={"folds": 2})
    assert bounds_of(spec, Algorithm.XGBOOST, {}, finished(5)).folds == pytest.approx({1: 0.2})


def test_a_fit_is_given_up_between_its_rounds(tmp_path: Path) -> None:
    parameters = {"num_boost_round": 400, "early_stopping_rounds": 0, "max_depth": 1}
    store, job = begun(tmp_path, a_search(spec={"parameters": parameters}))
    data = read_data(job, store, tmp_path / "data.parquet")
    bounds = Bounds(rounds={101: -1.0})
    share: dict[str, Any] = {"seed": 0, "threads": 1, "progress": silent}
    given_up = judge(data, [], Metric.ROC_AUC, bounds=bounds, **share)
    assert given_up.stopped == "after 101 rounds worse than the median of earlier trials"
    assert given_up.value is None
    assert given_up.curve[-1].round == 101
    assert judge(data, [], Metric.ROC_AUC, bounds=Bounds(rounds={101: 9.0}), **share).value


@pytest.mark.parametrize(("metric", "bound"), [(Metric.ROC_AUC, 2.0), (Metric.LOG_LOSS, -1.0)])
def test_folds_are_given_up_in_the_metrics_own_direction(
    tmp_path: Path, metric: Metric, bound: float
) -> None:
    store, job = begun(tmp_path, a_search(), table(120, "binary"))
    data = read_data(job, store, tmp_path / "data.parquet")
    folds = folds_of(data, CrossValidation(folds=3), 0)
    folds = [with_estimator(fold, job.spec.algorithm) for fold in folds]
    share: dict[str, Any] = {"seed": 0, "threads": 1, "progress": silent}
    given_up = judge(data, folds, metric, bounds=Bounds(folds={1: bound}), **share)
    assert "after 1 of 3 folds" in given_up.stopped
    assert len(given_up.folds) == 1
    assert len(judge(data, folds, metric, bounds=Bounds(folds={1: 1 - bound}), **share).folds) == 3
