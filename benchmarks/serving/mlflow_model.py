"""Saves the pipeline and its booster as MLflow models. Run with MLflow's Python and a folder."""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import mlflow.sklearn
import mlflow.xgboost


def main() -> None:
    folder = Path(sys.argv[1])
    pipeline = joblib.load(folder / "pipeline.joblib")
    mlflow.sklearn.save_model(
        pipeline,
        str(folder / "mlflow-pipeline"),
        pyfunc_predict_fn="predict_proba",
        serialization_format="cloudpickle",
    )
    mlflow.xgboost.save_model(pipeline[-1].get_booster(), str(folder / "mlflow-xgboost"))


if __name__ == "__main__":
    main()
