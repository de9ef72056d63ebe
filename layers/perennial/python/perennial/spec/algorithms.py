"""The estimators a spec may name, and the tasks each of them is made for."""

from __future__ import annotations

from enum import StrEnum

from perennial.spec.metrics import Task


class Algorithm(StrEnum):
    """The estimators that can be trained and exported faithfully."""

    XGBOOST = "xgboost"
    LINEAR = "linear"  # logistic regression for classes, ridge regression for numbers
    LOGISTIC_REGRESSION = "logistic_regression"
    LINEAR_REGRESSION = "linear_regression"  # ordinary least squares
    RIDGE = "ridge"
    RANDOM_FOREST = "random_forest"
    EXTRA_TREES = "extra_trees"
    GRADIENT_BOOSTING = "gradient_boosting"
    HIST_GRADIENT_BOOSTING = "hist_gradient_boosting"
    PIPELINE = "pipeline"  # a user's own, from a Python file beside the spec

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks it can be trained for."""
        return _TASKS.get(self, tuple(Task))


_TASKS = {
    Algorithm.LOGISTIC_REGRESSION: (Task.BINARY, Task.MULTICLASS),
    Algorithm.LINEAR_REGRESSION: (Task.REGRESSION,),
    # A ridge classifier names a class and gives none of them a probability.
    Algorithm.RIDGE: (Task.REGRESSION,),
}
