"""Loss on training and validation part after some of the rounds, for whoever judges a fit."""

from __future__ import annotations

from typing import Any

import xgboost

from perennial.training.estimator import Progress

_GROWTH = 1.1  # from one noted round to the next, at most; so the first 20 are all noted
_LOG_EVERY = 100  # rounds
Losses = dict[str, float]


class LearningCurve(xgboost.callback.TrainingCallback):
    """Evaluates where the curve bends: often at first, then ever more seldom.

    A round says less the later it is, and evaluating the training part after every round took
    longer than a tenth of a fit.
    """

    def __init__(
        self, train: xgboost.DMatrix, validation: xgboost.DMatrix, progress: Progress
    ) -> None:
        super().__init__()
        self._parts = [(train, "train"), (validation, "validation")]
        self._progress = progress
        self._next = 0
        self._last = -1
        self.points: list[Losses] = []

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Called by XGBoost; False lets it go on."""
        del evals_log
        self._last = epoch
        logged = epoch % _LOG_EVERY == 0
        if epoch >= self._next or logged:
            self._next = max(epoch + 1, int(epoch * _GROWTH))
            self._note(model)
        if logged:
            self._progress("fitting", **self.points[-1])
        return False

    def after_training(self, model: Any) -> Any:
        """Called by XGBoost; the curve ends where the fit did."""
        if self._last >= 0 and self.points[-1]["round"] != self._last + 1:
            self._note(model)
        return model

    def _note(self, model: xgboost.Booster) -> None:
        losses = _losses(str(model.eval_set(self._parts, self._last)))
        self.points.append({"round": self._last + 1, **losses})


def _losses(evaluated: str) -> Losses:
    r"""By part, the last metric XGBoost tells: `[0]\ttrain-auc:0.7\ttrain-logloss:0.6\t…`."""
    found = {}
    for text in evaluated.split("\t")[1:]:
        name, _, loss = text.rpartition(":")
        found[name.partition("-")[0]] = float(loss)
    return found
