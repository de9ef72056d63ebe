"""A fitted pipeline that is kept as it is, for the function that has its libraries."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

from perennial.errors import TrainingFailed
from perennial.pipelines.engine import KIND, PICKLE, SOURCE
from perennial.training.estimator import Exported
from perennial.training.pipeline.made import UserFile

_PROTOCOL = 5  # of every Python this runs on


def kept(model: Any, file: UserFile, columns: Sequence[int] | None, reason: str) -> Exported:
    """The pipeline with the file it came from.

    Args:
        model: fitted.
        file: that made it.
        columns: where the probability of each class stands; None for a regression.
        reason: why the light function cannot run it.

    Raises:
        TrainingFailed: it cannot be pickled.
    """
    try:
        pickled = pickle.dumps(model, _PROTOCOL)
    except Exception as error:
        raise TrainingFailed(
            f"pipeline: it must be kept as it is, since {reason}, and it cannot be pickled "
            f"({type(error).__name__}): a lambda, or a class or function that is defined inside a "
            f"function, has to move to the top level of {file.name}"
        ) from error
    engine = {
        "kind": KIND,
        "file": file.name,
        "columns": None if columns is None else list(columns),
        "reason": reason,
    }
    return Exported(engine, {PICKLE: pickled, SOURCE: file.source.encode()})
