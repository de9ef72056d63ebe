"""Small artifacts with real boosters: three labels, and a regression, of numbers alone."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost
from perennial.serving.artifact import TREES, write_artifact

LABELS = ["low", "middle", "high"]
NAMES = ["length", "parts", "sealed"]
_TYPES = ["number", "integer", "boolean"]


def matrix(rows: int = 200) -> npt.NDArray[np.float32]:
    """Rows of `length`, `parts` and `sealed`, as numbers."""
    random = np.random.default_rng(1)
    length, parts = random.normal(size=rows), random.integers(0, 9, rows)
    return np.stack([length, parts, random.integers(0, 2, rows)], axis=1).astype("f4")


def classifier() -> tuple[bytes, xgboost.Booster]:
    """The artifact of a model with the labels `LABELS`, and its booster."""
    codes = matrix()
    labels = np.digitize(codes[:, 0] + codes[:, 1] / 9, [0.0, 1.0])
    settings = {"objective": "multi:softprob", "num_class": 3, "max_depth": 3, "nthread": 1}
    booster = xgboost.train(settings, xgboost.DMatrix(codes, labels), num_boost_round=5)
    return _artifact("parcels", booster, "multiclass", LABELS), booster


def regression() -> tuple[bytes, xgboost.Booster]:
    """The artifact of a regression, and its booster."""
    codes = matrix()
    settings = {"objective": "reg:squarederror", "max_depth": 3, "nthread": 1}
    booster = xgboost.train(settings, xgboost.DMatrix(codes, codes.sum(axis=1)), num_boost_round=5)
    return _artifact("weights", booster, "identity", None), booster


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _artifact(model: str, booster: xgboost.Booster, link: str, labels: list[str] | None) -> bytes:
    features = [
        {
            "name": name,
            "type": type_,
            "nullable": name != "parts",
            "minimum": None,
            "maximum": None,
            "categories": None,
            "unseen": "reject",
        }
        for name, type_ in zip(NAMES, _TYPES, strict=True)
    ]
    manifest: dict[str, Any] = {
        "format": 1,
        "model": model,
        "task": "regression" if labels is None else "multiclass",
        "algorithm": "xgboost",
        "classes": labels,
        "positive": None,
        "threshold": None,
        "features": features,
        "engine": {"kind": "xgboost", "link": link},
        "training": {},
    }
    return write_artifact(manifest, {TREES: bytes(booster.save_raw("ubj"))})
