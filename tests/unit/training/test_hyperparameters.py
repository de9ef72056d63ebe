"""What a spec may name of an algorithm is what its library takes."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.spec import Algorithm, Task
from perennial.spec.hyperparameters import names_of
from perennial.training import boosting, forests, gradient_boosting, linear, scikit
from sklearn import ensemble


def _libraries() -> list[tuple[Algorithm, Task, type[Any], dict[str, object]]]:
    found: list[tuple[Algorithm, Task, type[Any], dict[str, object]]] = []
    for task in (Task.BINARY, Task.REGRESSION):
        regression = task is Task.REGRESSION
        kinds = forests._KINDS
        found += [(name, task, kinds[name][regression], forests.DEFAULTS) for name in kinds]
        gradient: list[type[Any]] = [
            ensemble.GradientBoostingClassifier,
            ensemble.GradientBoostingRegressor,
        ]
        histograms: list[type[Any]] = [
            ensemble.HistGradientBoostingClassifier,
            ensemble.HistGradientBoostingRegressor,
        ]
        found += [
            (
                Algorithm.GRADIENT_BOOSTING,
                task,
                gradient[regression],
                gradient_boosting.DEFAULTS,
            ),
            (Algorithm.HIST_GRADIENT_BOOSTING, task, histograms[regression], {}),
        ]
        lines = (
            (Algorithm.LINEAR, Algorithm.LINEAR_REGRESSION, Algorithm.RIDGE)
            if regression
            else (Algorithm.LINEAR, Algorithm.LOGISTIC_REGRESSION)
        )
        found += [(name, task, linear._kind(name, task), {}) for name in lines]
    return found


@pytest.mark.parametrize(
    ("algorithm", "task", "kind", "defaults"),
    _libraries(),
    ids=lambda one: one.value if isinstance(one, Algorithm | Task) else "",
)
def test_names_are_those_of_scikit_learn(
    algorithm: Algorithm, task: Task, kind: type[Any], defaults: dict[str, object]
) -> None:
    own = kind().get_params()
    deprecated = {name for name, value in own.items() if value == "deprecated"}
    offered = {*own, *defaults} - scikit._NOT_OFFERED - deprecated
    assert set(names_of(algorithm, task) or ()) == offered


def test_names_are_those_of_xgboost() -> None:
    assert set(names_of(Algorithm.XGBOOST, Task.BINARY) or ()) == set(boosting.KNOWN)


def test_a_pipeline_knows_its_own() -> None:
    assert names_of(Algorithm.PIPELINE, Task.BINARY) is None
