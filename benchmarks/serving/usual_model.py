"""Trains the model all of them serve, the way most people do: a scikit-learn Pipeline.

Run as a script with the peers' Python: writes `pipeline.joblib`, `booster.ubj` and `model.json`
(columns, categories, example rows and what the pipeline says of them) into a folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder
from xgboost import XGBClassifier

ROWS = 20_000
NUMBERS = [f"number_{n}" for n in range(12)]
CATEGORIES = {f"category_{n}": [f"value_{n}_{i:02d}" for i in range(4 + 6 * n)] for n in range(6)}
TREES, DEPTH = 200, 6


def main() -> None:
    folder = Path(sys.argv[1])
    frame, target = _data()
    pipeline = _pipeline()
    pipeline.fit(frame, target)
    joblib.dump(pipeline, folder / "pipeline.joblib")
    pipeline[-1].get_booster().save_model(folder / "booster.ubj")
    examples = frame.head(200)
    told = {
        "numbers": NUMBERS,
        "categories": CATEGORIES,
        "rows": json.loads(examples.to_json(orient="records", double_precision=15)),
        "expected": pipeline.predict_proba(examples)[:, 1].astype(float).tolist(),
    }
    (folder / "model.json").write_text(json.dumps(told), encoding="utf-8")


def _data() -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(7)
    # Rounded, so that the decimal text of a row is the very number that was trained on.
    frame = pd.DataFrame({name: random.normal(size=ROWS).round(6) for name in NUMBERS})
    for name, values in CATEGORIES.items():
        frame[name] = random.choice(values, ROWS)
    effect = frame["category_3"].str[-2:].astype(int) % 5 - 2
    score = frame["number_0"] * frame["number_1"] + np.sin(3 * frame["number_2"]) + effect
    chance = 1 / (1 + np.exp(-score))
    return frame, (random.random(ROWS) < chance).astype(int).to_numpy()


def _pipeline() -> Pipeline:
    encoder = OrdinalEncoder(
        categories=list(CATEGORIES.values()),
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
    )
    columns = ColumnTransformer(
        [("numbers", "passthrough", NUMBERS), ("categories", encoder, list(CATEGORIES))]
    )
    model = XGBClassifier(
        n_estimators=TREES,
        max_depth=DEPTH,
        learning_rate=0.1,
        n_jobs=1,
        enable_categorical=True,
        feature_types=["q"] * len(NUMBERS) + ["c"] * len(CATEGORIES),
        random_state=0,
    )
    return Pipeline([("columns", columns), ("model", model)])


if __name__ == "__main__":
    main()
