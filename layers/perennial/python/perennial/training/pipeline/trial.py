"""What is asked of a pipeline before it may serve: that its answers depend on the row alone."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.errors import TrainingFailed
from perennial.features.columnar import Matrix
from perennial.serving.artifact import FORMAT, digest_of, write_artifact
from perennial.serving.engine import engine_of
from perennial.training.data import TrainingData
from perennial.training.estimator import Exported, Fitted
from perennial.training.parity import RELATIVE, Parity
from perennial.training.split import HOLDOUT

_ALONE = 10  # rows that are asked about one by one
_SHUFFLED = 500  # rows that importances are taken from


def check_answers(fitted: Fitted, data: TrainingData) -> None:
    """Ask for the holdout twice, and for some of its rows alone.

    Raises:
        TrainingFailed: an answer changes with the call, or with the rows beside it.
    """
    for number, (codes, _) in enumerate(data.batches(HOLDOUT)):
        scores = fitted.predict(codes)
        if not np.array_equal(scores, fitted.predict(codes)):
            raise TrainingFailed(
                "pipeline: it answers differently when it is asked the same again; nothing in it "
                "may draw at random or learn when it predicts"
            )
        if number:
            continue
        for row in range(min(_ALONE, len(codes))):
            alone = fitted.predict(codes[row : row + 1])[0]
            if not np.allclose(alone, scores[row], rtol=RELATIVE, atol=1e-12):
                raise TrainingFailed(
                    "pipeline: it answers differently for a row alone than for the same row among "
                    "others; nothing in it may learn from the rows it predicts"
                )


def same_on_holdout(form: Exported, fitted: Fitted, data: TrainingData) -> None:
    """Compare an exported form with the pipeline it came from, on the whole holdout.

    Raises:
        ExportMismatch: they differ.
    """
    classes = data.target.classes
    manifest = {
        "format": FORMAT,
        "classes": None if classes is None else list(classes),
        "threshold": None,
        "features": [feature.to_json() for feature in data.encoder.features],
        "engine": form.engine,
    }
    artifact = write_artifact(manifest, form.entries)
    engine, parity = engine_of(artifact, digest_of(artifact)), Parity()
    for codes, _ in data.batches(HOLDOUT):
        parity.compare(codes, fitted, engine)


def importance(fitted: Fitted, codes: Matrix, seed: int) -> npt.NDArray[np.float64]:
    """Mean distance the answers move when one feature's values change places (Breiman 2001).

    Args:
        fitted: the pipeline.
        codes: rows; at most 500 of them are used.
        seed: of the shuffle.
    """
    draw: Any = np.random.default_rng(seed)
    codes = codes[np.sort(draw.permutation(len(codes))[:_SHUFFLED])]
    before = fitted.predict(codes)
    moved = np.zeros(codes.shape[1])
    for place in range(codes.shape[1]):
        shuffled = codes.copy()
        shuffled[:, place] = draw.permutation(codes[:, place])
        with suppress(TrainingFailed):  # it may refuse rows as no data has them
            moved[place] = np.abs(fitted.predict(shuffled) - before).mean()
    return moved
