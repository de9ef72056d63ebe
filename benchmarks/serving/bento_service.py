"""The pipeline behind BentoML, as its documentation serves a scikit-learn model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bentoml
import joblib
import pandas as pd


@bentoml.service(workers=1)
class Bank:
    def __init__(self) -> None:
        self.pipeline = joblib.load(Path(os.environ["MODEL_FOLDER"]) / "pipeline.joblib")

    @bentoml.api
    def predict(self, rows: list[dict[str, Any]]) -> list[float]:
        scores: list[float] = self.pipeline.predict_proba(pd.DataFrame(rows))[:, 1].tolist()
        return scores
