"""A user's own scikit-learn pipeline: made by their file, fitted, and brought into a form to serve.

Where the fitted pipeline can be read, it is exported to the form the light function runs, and
compared with itself on the whole holdout. Where it cannot, it is kept as it is (`pipeline_kept`).
"""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.errors import ExportMismatch, TrainingFailed
from perennial.features.columnar import Matrix
from perennial.pipelines.engine import KIND
from perennial.pipelines.frames import frame_of
from perennial.pipelines.scoring import scores_of
from perennial.training.data import TrainingData
from perennial.training.estimator import Exported, Parameters, Progress, Scores
from perennial.training.pipeline.export import NotExportable, exported
from perennial.training.pipeline.kept import kept
from perennial.training.pipeline.made import UserFile, probability_columns, wants_numbers
from perennial.training.pipeline.trial import check_answers, importance, same_on_holdout
from perennial.training.scikit import Context, fitting, steady
from perennial.training.split import TRAIN, VALIDATION


class FittedPipeline:
    """A fitted pipeline of a user.

    Attributes:
        exact: whether what serves must give the same bits; known once it is exported.
    """

    exact = False
    best_iteration: int | None = None

    def __init__(
        self,
        file: UserFile,
        data: TrainingData,
        seed: int,
        context: Context,
        progress: Progress,
        *parts: int,
    ) -> None:
        """Make a pipeline and fit it on some parts of the rows."""
        self.parameters: dict[str, Any] = dict(file.parameters)
        self.learning_curve: list[dict[str, float]] = []
        self._file = file
        self._data = data
        self._seed = seed
        self._context = context
        self._progress = progress
        # Estimators that were given no random_state draw from these.
        np.random.seed(seed)
        random.seed(seed)
        self._model = file.made(data.task)
        with context(), file.blamed("when it was fitted"):
            self._model.fit(self._frame(data.matrix(*parts)), self._target(*parts))
        steady(self._model)
        self._columns = probability_columns(self._model, data.target.classes)

    def refitted(self) -> FittedPipeline:
        """Another one, fitted on training and validation part together."""
        given = (self._file, self._data, self._seed, self._context, self._progress)
        return FittedPipeline(*given, TRAIN, VALIDATION)

    def predict(self, codes: Matrix) -> Scores:
        """The pipeline's own answer."""
        with self._file.blamed("when it predicted"):
            return scores_of(self._model, self._frame(codes), self._columns)

    def importances(self) -> npt.NDArray[np.float64]:
        """How far the answers move when the values of a feature are shuffled."""
        return importance(self, self._data.matrix(VALIDATION), self._seed)

    def export(self) -> Exported:
        """The form for the light function, or else the pipeline itself and why it is kept.

        Raises:
            TrainingFailed: it can neither be exported nor kept.
        """
        check_answers(self, self._data)
        try:
            form = exported(self._model, self._data, self._columns)
            same_on_holdout(form, self, self._data)
        except NotExportable as reason:
            form = kept(self._model, self._file, self._columns, str(reason))
        except ExportMismatch:
            told = "its exported form answers differently"
            form = kept(self._model, self._file, self._columns, told)
        self.exact = form.engine["kind"] == KIND
        why = form.engine.get("reason")
        self._progress("pipeline kept as it is" if self.exact else "pipeline folded", reason=why)
        return form

    def _frame(self, codes: Matrix) -> Any:
        return frame_of(codes, self._data.encoder.features)

    def _target(self, *parts: int) -> npt.NDArray[Any]:
        """Labels as text, or numbers; the code of each class for XGBoost, which takes no text."""
        values, classes = self._data.labels(*parts), self._data.target.classes
        if classes is None or wants_numbers(self._model):
            return values
        return np.array(classes, dtype=object)[values.astype(np.int64)]


def fit_pipeline(
    data: TrainingData, given: Parameters, *, seed: int, threads: int, progress: Progress
) -> FittedPipeline:
    """Fit the pipeline of the spec's file on the training part.

    Raises:
        TrainingFailed: the file makes no pipeline, or the pipeline cannot be fitted.
    """
    chosen = data.dataset.spec.algorithm
    if chosen.source is None or chosen.file is None:
        raise TrainingFailed("pipeline: the spec came without its Python file; deploy it again")
    file = UserFile(chosen.source, chosen.file, given)
    context = partial(fitting, "pipeline", threads, progress)
    return FittedPipeline(file, data, seed, context, progress, TRAIN)
