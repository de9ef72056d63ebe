"""The tasks, and the metrics each of them is judged by."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """What is predicted."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class Metric(StrEnum):
    """The metrics an evaluation computes and a gate may name."""

    ROC_AUC = "roc_auc"
    PR_AUC = "pr_auc"
    LOG_LOSS = "log_loss"
    BRIER = "brier"
    F1 = "f1"
    PRECISION = "precision"
    RECALL = "recall"
    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    CALIBRATION_ERROR = "calibration_error"
    MACRO_F1 = "macro_f1"
    MAE = "mae"
    RMSE = "rmse"
    R2 = "r2"
    MEDIAN_ABSOLUTE_ERROR = "median_absolute_error"

    @property
    def higher_is_better(self) -> bool:
        """Whether a larger value means a better model."""
        return self not in _LOWER_IS_BETTER

    def fits(self, task: Task) -> bool:
        """Whether the metric is defined for the task."""
        return self in METRICS_OF_TASK[task]


_LOWER_IS_BETTER = frozenset(
    {
        Metric.LOG_LOSS,
        Metric.BRIER,
        Metric.CALIBRATION_ERROR,
        Metric.MAE,
        Metric.RMSE,
        Metric.MEDIAN_ABSOLUTE_ERROR,
    }
)
METRICS_OF_TASK: dict[Task, tuple[Metric, ...]] = {
    Task.BINARY: (
        Metric.ROC_AUC,
        Metric.PR_AUC,
        Metric.LOG_LOSS,
        Metric.BRIER,
        Metric.F1,
        Metric.PRECISION,
        Metric.RECALL,
        Metric.ACCURACY,
        Metric.BALANCED_ACCURACY,
        Metric.CALIBRATION_ERROR,
    ),
    Task.MULTICLASS: (
        Metric.LOG_LOSS,
        Metric.ACCURACY,
        Metric.BALANCED_ACCURACY,
        Metric.MACRO_F1,
        Metric.ROC_AUC,
        Metric.CALIBRATION_ERROR,
    ),
    Task.REGRESSION: (Metric.RMSE, Metric.MAE, Metric.R2, Metric.MEDIAN_ABSOLUTE_ERROR),
}
PRIMARY_METRIC: dict[Task, Metric] = {
    Task.BINARY: Metric.ROC_AUC,
    Task.MULTICLASS: Metric.LOG_LOSS,
    Task.REGRESSION: Metric.RMSE,
}
