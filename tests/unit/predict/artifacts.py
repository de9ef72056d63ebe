"""A real artifact with a real booster, small enough to make for a test."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import xgboost
from perennial.serving.artifact import TREES, write_artifact

CATEGORIES = ("admin.", "student", "unknown")
FEATURES: list[dict[str, Any]] = [
    {"name": "age", "type": "integer", "minimum": 16, "maximum": 120},
    {"name": "job", "type": "category", "categories": list(CATEGORIES)},
    {"name": "balance", "type": "number", "nullable": True},
    {"name": "married", "type": "boolean", "nullable": True},
    {"name": "seen", "type": "timestamp", "nullable": True},
]
_DEFAULTS = {
    "nullable": False,
    "minimum": None,
    "maximum": None,
    "categories": None,
    "unseen": "reject",
}


def artifact(seed: int = 0) -> tuple[bytes, str]:
    """The bytes of an artifact for the model `bank`, and their digest."""
    random = np.random.default_rng(seed)
    codes = np.stack(
        [
            random.integers(16, 90, 300).astype("f4"),
            random.integers(0, 3, 300).astype("f4"),
            random.normal(size=300).astype("f4"),
            random.integers(0, 2, 300).astype("f4"),
            (random.random(300) * 1.7e9).astype("f4"),
        ],
        axis=1,
    )
    labels = ((codes[:, 0] >= 40) ^ (codes[:, 1] == 1)).astype("f4")
    data = xgboost.DMatrix(
        codes, labels, feature_types=["q", "c", "q", "q", "q"], enable_categorical=True, nthread=1
    )
    settings = {"objective": "binary:logistic", "max_depth": 3, "nthread": 1, "seed": seed}
    booster = xgboost.train(settings, data, num_boost_round=10)
    manifest = {
        "format": 1,
        "model": "bank",
        "task": "binary",
        "algorithm": "xgboost",
        "classes": ["no", "yes"],
        "positive": "yes",
        "threshold": 0.5,
        "features": [_DEFAULTS | feature for feature in FEATURES],
        "engine": {"kind": "xgboost", "link": "binary"},
        "training": {},
    }
    made = write_artifact(manifest, {TREES: bytes(booster.save_raw("ubj"))})
    return made, hashlib.sha256(made).hexdigest()
