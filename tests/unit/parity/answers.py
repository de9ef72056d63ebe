"""A model trained on the real path, and what its library and the endpoint say of the same rows."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from perennial.registry.layout import CANDIDATE
from perennial.serving.artifact import digest_of
from perennial.serving.engine import Engine, Prediction, engine_of
from perennial.spec import ModelSpec
from perennial.training.algorithms import fit
from perennial.training.estimator import Fitted

from tests.unit.predict.asking import Asked
from tests.unit.training.samples import RUN, trained

RELATIVE = 1e-6
# What a double of the size of the largest answer can tell at all: see `training.parity`.
ROUNDING = 1e-15
LARGEST = np.float64(np.finfo(np.float32).max)

Rows = Sequence[Mapping[str, object]]
Scores = npt.NDArray[np.float64]


class Model:
    """A candidate, and the estimator it was exported from."""

    def __init__(self, spec: ModelSpec, data: pa.Table, *, threads: int = 1) -> None:
        estimators: list[Fitted] = []

        def remembered(*args: Any, **settings: Any) -> Fitted:
            estimators.append(fit(*args, **settings))
            return estimators[-1]

        with (
            tempfile.TemporaryDirectory() as folder,
            patch("perennial.training.run.fit", remembered),
        ):
            store, _ = trained(Path(folder), spec, data, threads=threads)
            self.artifact = store.read(RUN + CANDIDATE)
        (self.estimator,) = estimators
        self.engine = self.opened()

    def opened(self, *, threads: int = 1) -> Engine:
        """An engine of its own, as another process would load it."""
        return engine_of(self.artifact, digest_of(self.artifact), threads=threads)

    def codes(self, rows: Rows) -> npt.NDArray[np.float32]:
        """The rows as a matrix, by the documented rules and by nothing else."""
        matrix = [
            [_code(row.get(one.name), one.type, one.categories) for one in self.features]
            for row in rows
        ]
        return np.array(matrix, dtype=np.float32)

    @property
    def features(self) -> Any:
        """The features as the artifact states them."""
        return self.engine.artifact.encoder.features


def _code(value: Any, kind: str, categories: Sequence[str] | None) -> float:
    if value is None:
        return np.nan
    if kind == "category":
        assert categories is not None
        return float(categories.index(value)) if value in categories else np.nan
    if kind == "timestamp":
        microseconds = np.datetime64(datetime.fromisoformat(value).replace(tzinfo=None), "us")
        return float(microseconds.astype(np.int64)) / 1e6
    return float(np.clip(np.float64(value), -LARGEST, LARGEST))


def scores_of(engine: Engine, predictions: Sequence[Prediction]) -> Scores:
    """Predictions as the matrix a library would give."""
    classes = engine.artifact.classes
    if classes is None:
        return np.array([[one.value] for one in predictions], dtype=np.float64)
    assert all(tuple(one.probabilities or ()) == classes for one in predictions)
    return np.array([list((one.probabilities or {}).values()) for one in predictions])


def over_http(model: Model, rows: Rows) -> list[Prediction]:
    """What a caller reads out of the answer's JSON."""
    asked = Asked(load=engine_of)
    asked.world.put_in_service("bank", 3, model.artifact)
    status, _, document = asked.respond(body=json.dumps({"rows": rows}))
    assert status == 200, document
    return [
        Prediction(one["prediction"], one.get("probabilities")) for one in document["predictions"]
    ]


def same(one: Sequence[Prediction], two: Sequence[Prediction]) -> bool:
    """Whether two answers are the same to the last bit."""
    return [(a.value, a.probabilities) for a in one] == [(b.value, b.probabilities) for b in two]


def assert_close(found: Scores, expected: Scores) -> None:
    """Within a millionth, or within what a double of the largest answer's size can tell."""
    rounding = ROUNDING * float(np.abs(expected).max(initial=0.0))
    np.testing.assert_allclose(found, expected, rtol=RELATIVE, atol=max(rounding, 1e-300))
