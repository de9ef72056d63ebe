"""XGBoost: histogram trees with native categories and missing values, stopped early."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost

from perennial.errors import TrainingFailed
from perennial.features.columnar import Matrix
from perennial.serving.artifact import TREES
from perennial.spec import Task
from perennial.training.data import TrainingData
from perennial.training.estimator import Exported, Parameters, Progress, Scores
from perennial.training.feeding import quantile_matrix
from perennial.training.learning_curve import LearningCurve
from perennial.training.parameters import checked, with_defaults
from perennial.training.split import TRAIN, VALIDATION

# Small steps and enough of them: early stopping decides how many.
DEFAULTS: dict[str, object] = {
    "num_boost_round": 2000,
    "early_stopping_rounds": 50,
    "eta": 0.05,
    "max_depth": 5,
    "min_child_weight": 5.0,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "max_bin": 256,
}
_OF_TRAIN = ("num_boost_round", "early_stopping_rounds")
KNOWN = frozenset(
    {
        *_OF_TRAIN,
        "alpha",
        "base_score",
        "colsample_bylevel",
        "colsample_bynode",
        "colsample_bytree",
        "eta",
        "eval_metric",
        "gamma",
        "grow_policy",
        "huber_slope",
        "interaction_constraints",
        "lambda",
        "learning_rate",
        "max_bin",
        "max_cat_threshold",
        "max_cat_to_onehot",
        "max_delta_step",
        "max_depth",
        "max_leaves",
        "min_child_weight",
        "min_split_loss",
        "monotone_constraints",
        "num_parallel_tree",
        "objective",
        "reg_alpha",
        "reg_lambda",
        "sampling_method",
        "scale_pos_weight",
        "subsample",
        "tweedie_variance_power",
    }
)
OBJECTIVES: dict[Task, tuple[str, ...]] = {
    Task.BINARY: ("binary:logistic",),
    Task.MULTICLASS: ("multi:softprob",),
    Task.REGRESSION: (
        "reg:squarederror",
        "reg:squaredlogerror",
        "reg:pseudohubererror",
        "reg:absoluteerror",
        "reg:gamma",
        "reg:tweedie",
        "count:poisson",
    ),
}
_METRIC = {Task.BINARY: "logloss", Task.MULTICLASS: "mlogloss"}


class Boosted:
    """A fitted booster, cut to the rounds that helped."""

    exact = True

    def __init__(
        self,
        booster: xgboost.Booster,
        data: TrainingData,
        native: dict[str, Any],
        parameters: dict[str, Any],
        curve: list[dict[str, float]],
    ) -> None:
        self.booster = booster
        self.parameters = parameters
        self.learning_curve = curve
        self.rounds: int = booster.num_boosted_rounds()
        self.best_iteration: int | None = self.rounds
        self._data = data
        self._native = native
        self._threads: int = native["nthread"]
        self._task = data.task
        self._types = ["c" if category else "q" for category in data.categorical]

    def refitted(self) -> Boosted:
        """The same with as many rounds, fitted on training and validation part together."""
        native = self._native
        rows = quantile_matrix(
            self._data, TRAIN, VALIDATION, threads=self._threads, max_bin=int(native["max_bin"])
        )
        booster = _bare(xgboost.train(native, rows, self.rounds), self._threads)
        return Boosted(booster, self._data, native, self.parameters, self.learning_curve)

    def predict(self, codes: Matrix) -> Scores:
        """What `Booster.predict` says; the probability of both classes of a binary task."""
        matrix = xgboost.DMatrix(
            codes, feature_types=self._types, enable_categorical=True, nthread=self._threads
        )
        found = self.booster.predict(matrix).astype(np.float64)
        if self._task is Task.BINARY:
            return np.column_stack((1.0 - found, found))
        return found.reshape(len(codes), -1)

    def importances(self) -> npt.NDArray[np.float64]:
        """Total gain of the splits on each feature."""
        gains = self.booster.get_score(importance_type="total_gain")
        found = [gains.get(f"f{place}", 0.0) for place in range(len(self._types))]
        return np.array(found, dtype=np.float64)

    def export(self) -> Exported:
        """The booster itself, as UBJSON."""
        kind = "binary" if self._task is Task.BINARY else "direct"
        engine = {"kind": "xgboost", "link": kind}
        return Exported(engine, {TREES: bytes(self.booster.save_raw("ubj"))})


def fit_boosted(
    data: TrainingData, given: Parameters, *, seed: int, threads: int, progress: Progress
) -> Boosted:
    """Fit on the training part, and stop when the validation part gains no more.

    Raises:
        TrainingFailed: a parameter is unknown or refused by XGBoost, or the fit breaks.
    """
    settings = with_defaults(checked(given, KNOWN, "xgboost"), DEFAULTS)
    rounds, patience = (_whole(settings, name) for name in _OF_TRAIN)
    native = _native(settings, data, seed, threads)
    try:
        train = quantile_matrix(data, TRAIN, threads=threads, max_bin=int(native["max_bin"]))
        validation = quantile_matrix(
            data, VALIDATION, threads=threads, max_bin=int(native["max_bin"]), ref=train
        )
        progress("data fed", rows=train.num_row())
        curve = LearningCurve(train, validation, progress)
        booster = xgboost.train(
            native,
            train,
            num_boost_round=rounds,
            evals=[(validation, "validation")] if patience else [],
            early_stopping_rounds=patience or None,
            verbose_eval=False,
            callbacks=[curve],
        )
    except (xgboost.core.XGBoostError, ValueError) as error:
        raise TrainingFailed(f"xgboost: {_reason(error)}") from error
    if patience:
        booster = booster[: booster.best_iteration + 1]
    booster = _bare(booster, threads)
    parameters = {**settings, "objective": native["objective"]}
    return Boosted(booster, data, native, parameters, curve.points)


def _bare(booster: xgboost.Booster, threads: int) -> xgboost.Booster:
    """The model alone, as loading it elsewhere gives: no evaluation results, no attributes."""
    booster.set_attr(**dict.fromkeys(booster.attributes()))
    return xgboost.Booster({"nthread": threads}, model_file=bytearray(booster.save_raw("ubj")))


def _native(
    settings: dict[str, object], data: TrainingData, seed: int, threads: int
) -> dict[str, Any]:
    objective = str(settings.get("objective", OBJECTIVES[data.task][0]))
    if objective not in OBJECTIVES[data.task]:
        fitting = ", ".join(OBJECTIVES[data.task])
        raise TrainingFailed(
            f"xgboost: {objective} is no objective of a {data.task.value} task; use {fitting}"
        )
    native = {
        "objective": objective,
        "tree_method": "hist",
        "seed": seed,
        "nthread": threads,
        "verbosity": 0,
        **{name: value for name, value in settings.items() if name not in _OF_TRAIN},
    }
    if data.task is Task.MULTICLASS:
        native["num_class"] = len(data.target.classes or ())
    if data.task in _METRIC:
        native.setdefault("eval_metric", _METRIC[data.task])
    return native


def _whole(settings: dict[str, object], name: str) -> int:
    value = settings[name]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TrainingFailed(f"xgboost: {name} must be a whole number, not below 0")
    return value


def _reason(error: Exception) -> str:
    """XGBoost's message without the place in its source and without its stack."""
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return line.rsplit("Check failed: ", 1)[-1][:300]
