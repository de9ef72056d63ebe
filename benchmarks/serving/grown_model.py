"""Trains an XGBoost model of a given size for the curves of growth: numeric features only."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xgboost

ROWS, DEPTH, EXAMPLES = 4000, 6, 200


def write_model(folder: Path, *, trees: int, features: int) -> None:
    """Write `booster.ubj` and `model.json` as `usual_model` does.

    Args:
        folder: takes both files.
        trees: of the model.
        features: of a row.
    """
    random = np.random.default_rng(trees + features)
    values = random.normal(size=(ROWS, features)).round(6).astype(np.float32)
    score = values[:, 0] * values[:, 1] + np.sin(3 * values[:, 2]) + random.normal(size=ROWS)
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": DEPTH, "eta": 0.02, "seed": 0},
        xgboost.DMatrix(values, label=score > 0),
        num_boost_round=trees,
    )
    booster.save_model(folder / "booster.ubj")
    names = [f"number_{n}" for n in range(features)]
    examples = values[:EXAMPLES]
    told = {
        "numbers": names,
        "categories": {},
        "rows": [dict(zip(names, map(float, row), strict=True)) for row in examples],
        "expected": [float(value) for value in booster.inplace_predict(examples)],
    }
    (folder / "model.json").write_text(json.dumps(told), encoding="utf-8")
