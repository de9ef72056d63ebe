"""Users' files, and what becomes of them in training."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from perennial.features.codec import LARGEST_FLOAT32
from perennial.pipelines.engine import pipeline_engine_of
from perennial.serving.artifact import FORMAT, digest_of, write_artifact
from perennial.serving.engine import Engine
from perennial.spec import ModelSpec
from perennial.training.data import TrainingData
from perennial.training.dataset import Dataset
from perennial.training.estimator import Exported
from perennial.training.pipeline.fitted import FittedPipeline, fit_pipeline
from perennial.training.receipt import libraries
from perennial.training.run import silent
from perennial.training.split import split_rows
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tests.unit.training.samples import FEATURES, a_spec, table

Matrix = npt.NDArray[np.float32]

IMPORTS = """\
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import *
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import *
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import *
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor

NUMBERS = ["number", "count", "flag", "when"]
"""


def returning(expression: str) -> str:
    """A file whose pipeline is an expression."""
    return f"{IMPORTS}\n\ndef pipeline(**parameters):\n    return {expression}\n"


def usual(
    final: str,
    *,
    numbers: str = "make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())",
    labels: str = "OneHotEncoder(handle_unknown='ignore', sparse_output=False)",
) -> str:
    """A file with a pipeline as most people write it."""
    columns = f"make_column_transformer(({numbers}, NUMBERS), ({labels}, ['kind']))"
    return returning(f"make_pipeline({columns}, {final})")


def spec_of(task: str, source: str, **given: Any) -> ModelSpec:
    """A spec for the sample table that names a user's file."""
    features = given.pop("features", FEATURES)
    document = a_spec(task, features=features).model_dump()
    algorithm = {"name": "pipeline", "file": "m.py", "source": source, **given}
    return ModelSpec.model_validate(document | {"algorithm": algorithm})


@dataclass
class Fit:
    """A fitted pipeline and the form it was exported to."""

    data: TrainingData
    fitted: FittedPipeline
    form: Exported

    @property
    def kind(self) -> str:
        return str(self.form.engine["kind"])

    @property
    def artifact(self) -> bytes:
        classes = self.data.target.classes
        manifest = {
            "format": FORMAT,
            "classes": None if classes is None else list(classes),
            "threshold": None,
            "features": [feature.to_json() for feature in self.data.encoder.features],
            "engine": json.loads(json.dumps(self.form.engine)),
            "training": {"libraries": libraries()},
        }
        return write_artifact(manifest, self.form.entries)

    @cached_property
    def engine(self) -> Engine:
        return pipeline_engine_of(self.artifact, digest_of(self.artifact))

    def scores(self, codes: Matrix) -> npt.NDArray[np.float64]:
        """What the engine says, [rows, outputs]."""
        codes = np.ascontiguousarray(codes, dtype=np.float32)
        found = self.engine.scores(codes.ctypes.data, len(codes))
        return np.asarray(found, dtype=np.float64).reshape(len(codes), -1)


def data_of(folder: Path, spec: ModelSpec, rows: int = 240) -> TrainingData:
    """The sample table, divided."""
    path = folder / f"{spec.task.value}-{rows}.parquet"
    if not path.exists():
        pq.write_table(table(rows, spec.task.value), path)
    dataset = Dataset(path, spec)
    target = dataset.target()
    return TrainingData(
        dataset, target, split_rows(dataset.rows, spec.split, 0, classes=target.codes)
    )


def fit(folder: Path, source: str, task: str = "binary", **given: Any) -> Fit:
    """Train and export as a run does."""
    rows = given.pop("rows", 240)
    data = data_of(folder, spec_of(task, source, **given), rows)
    parameters = data.dataset.spec.algorithm.parameters
    with threadpool_limits(1):  # of several, most would wait for each other on so few rows
        fitted = fit_pipeline(data, parameters, seed=0, threads=1, progress=silent)
        return Fit(data, fitted, fitted.export())


def any_codes(data: TrainingData, count: int, seed: int = 0) -> Matrix:
    """Rows as no data has them: every category, missing values, numbers of any size."""
    draw = np.random.default_rng(seed)
    codes = np.empty((count, len(data.encoder)), dtype=np.float32)
    seen = data.matrix(0)
    for place, feature in enumerate(data.encoder.features):
        if feature.categories is not None:
            values = draw.integers(0, len(feature.categories), count).astype(np.float32)
        else:
            sizes = draw.choice([1e-45, 1e-3, 1.0, 1e3, 1e9, LARGEST_FLOAT32 / 1e9], count)
            values = (draw.normal(size=count) * sizes).astype(np.float32)
            like_data = draw.random(count) < 0.6
            values[like_data] = draw.choice(seen[:, place], int(like_data.sum()))
        if feature.nullable:
            values[draw.random(count) < 0.2] = np.nan
        codes[:, place] = values
    return codes
