"""The pipeline as the user's file makes it, and the blame when that goes wrong."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from perennial.errors import PerennialError, TrainingFailed
from perennial.pipelines.user_module import load_module
from perennial.spec import Task
from perennial.spec.pipeline_file import FACTORY
from perennial.training.estimator import Parameters

# What a message may quote of the data: text in quotes or brackets, and numbers.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]|(?<![\w.])-?\d[\d.]*(?:e[+-]?\d+)?")
_LONGEST = 300  # characters of a message


class UserFile:
    """A user's file and the parameters the spec gives it."""

    def __init__(self, source: str, name: str, parameters: Parameters) -> None:
        """Args: source: its text; name: of the file; parameters: for its function."""
        self.source = source
        self.name = name
        self.parameters = parameters

    def made(self, task: Task) -> Any:
        """A new pipeline, not fitted.

        Raises:
            TrainingFailed: the file breaks, or what it makes is no pipeline for the task.
        """
        with self.blamed("when it was imported", told=True):
            factory = getattr(load_module(self.source, self.name), FACTORY, None)
        if not callable(factory):
            raise TrainingFailed(f"pipeline: {self.name} has no function {FACTORY!r}")
        with self.blamed(f"in {FACTORY}()", told=True):
            model = factory(**self.parameters)
        if isinstance(model, type) or not all(hasattr(model, name) for name in ("fit", "predict")):
            kind = model.__name__ if isinstance(model, type) else type(model).__name__
            raise TrainingFailed(
                f"pipeline: {FACTORY}() of {self.name} must return a scikit-learn pipeline or "
                f"estimator, one that can fit and predict; it returned "
                f"{'the class ' if isinstance(model, type) else 'a '}{kind}"
            )
        if task is not Task.REGRESSION and not hasattr(model, "predict_proba"):
            raise TrainingFailed(
                f"pipeline: {type(_final(model)).__name__} gives no probabilities "
                "(predict_proba), which a classification needs; CalibratedClassifierCV around it "
                "makes some"
            )
        return model

    @contextmanager
    def blamed(self, moment: str, *, told: bool = False) -> Iterator[None]:
        """Whatever goes wrong inside, with the line of the file where it did.

        Args:
            moment: what was being done.
            told: whether no data was near, so that the message can be told as it is.

        Raises:
            TrainingFailed: something went wrong.
        """
        try:
            yield
        except PerennialError:
            raise
        except (Exception, SystemExit) as error:
            lines = [
                f for f in traceback.extract_tb(error.__traceback__) if f.filename == self.name
            ]
            line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
            line = line or (lines[-1].lineno if lines else None)
            place = f"{self.name}, line {line}" if line else self.name
            message = (str(error).strip().splitlines() or [""])[0][:_LONGEST]
            said = message if told else _QUOTED.sub("…", message)
            raise TrainingFailed(
                f"pipeline: {place}, {moment}: {type(error).__name__}: {said}"
            ) from error


def probability_columns(model: Any, classes: Sequence[str] | None) -> list[int] | None:
    """Where the probability of each of our classes stands among the pipeline's.

    Raises:
        TrainingFailed: the pipeline does not say, or knows other classes.
    """
    if classes is None:
        return None
    wanted: list[object] = list(range(len(classes))) if wants_numbers(model) else list(classes)
    found = getattr(model, "classes_", None)
    if found is None:
        raise TrainingFailed(
            "pipeline: it does not say (classes_) which class each of its probabilities is of"
        )
    known = [one if isinstance(one, str) else int(one) for one in list(found)]
    if sorted(map(str, known)) != sorted(map(str, wanted)):
        raise TrainingFailed(
            "pipeline: its classes (classes_) are not the labels it was fitted on; the target "
            "must not be changed inside"
        )
    return [known.index(one) for one in wanted]  # type: ignore[arg-type]


def wants_numbers(model: Any) -> bool:
    """Whether the final estimator is XGBoost's own, which takes classes as numbers only."""
    return type(_final(model)).__module__.partition(".")[0] == "xgboost"


def _final(model: Any) -> Any:
    """The last step of a pipeline, of one inside it, and so on."""
    while hasattr(model, "steps"):
        model = model.steps[-1][1]
    return model
