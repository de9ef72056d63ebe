"""A model over columns that every kind of step makes, and thresholds by group."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import xgboost
from perennial.features.engineered import EngineeredEncoder
from perennial.features.schema import CATEGORY, TEXT
from perennial.features.steps import Recipe, Step
from perennial.serving.artifact import GOLDEN, TREES, digest_of, write_artifact
from perennial.serving.engine import Engine, engine_of
from perennial.training.golden import golden_document

from tests.unit.features.test_steps import FEATURES, LABELS, STEPS

IN_PYTHON_ONLY = {"date", "text"}
Row = dict[str, object]


def rows(count: int = 160, seed: int = 0) -> list[Row]:
    """Rows with missing values in every column."""
    random = np.random.default_rng(seed)

    def some(value: object) -> object:
        return None if random.random() < 0.15 else value

    return [
        {
            "x": some(float(random.normal())),
            "y": some(float(random.choice([0.0, -3.2, 0.7, 1e-9]))),
            "n": some(int(random.integers(-5, 40))),
            "label": some(str(random.choice([*LABELS, "never seen"]))),
            "flag": some(bool(random.random() < 0.5)),
            "moment": some(
                (datetime(2019, 5, 1, tzinfo=UTC) + timedelta(hours=int(place) * 31)).isoformat()
            ),
            "said": some(str(random.choice(["good", "very bad indeed", ""]))),
        }
        for place in range(count)
    ]


def steps(*, python_only: bool) -> list[Step]:
    """Every step there is; without those that need Python where that is not meant."""
    return [step for step in STEPS if python_only or step.kind not in IN_PYTHON_ONLY]


def engine(chosen: Sequence[Step], *, features: int = len(FEATURES), **members: Any) -> Engine:
    """The engine of a small booster over everything the steps make.

    Args:
        chosen: the steps.
        features: how many of the features a row has.
        members: of the manifest, beside the usual ones.
    """
    given = FEATURES[:features]
    names = [one.name for one in given if one.type != TEXT]
    recipe = Recipe(chosen, [*names, *(name for step in chosen for name in step.outputs)])
    encoder = EngineeredEncoder(given, recipe)
    table = [{one.name: row[one.name] for one in given} for row in rows()]
    codes = np.frombuffer(encoder.encode(table), dtype=np.float32).reshape(len(table), -1)
    kinds = ["c" if one.type == CATEGORY else "q" for one in encoder.columns]
    target = np.array([(row["x"] or 0) > (0.3 if row["flag"] else -0.2) for row in table])  # type: ignore[operator]
    data = xgboost.DMatrix(codes, target, feature_types=kinds, enable_categorical=True, nthread=1)
    settings = {"objective": "binary:logistic", "max_depth": 4, "nthread": 1, "seed": 0}
    booster = xgboost.train(settings | {"min_child_weight": 0.1}, data, num_boost_round=12)
    manifest = {
        "format": 2,
        "engineering": recipe.to_json(),
        "model": "m",
        "task": "binary",
        "algorithm": "xgboost",
        "classes": ["no", "yes"],
        "positive": "yes",
        "threshold": 0.4,
        "features": [one.to_json() for one in given],
        "engine": {"kind": "xgboost", "link": "binary"},
        "training": {},
        **members,
    }
    trees = {TREES: bytes(booster.save_raw("ubj"))}
    bare = write_artifact(manifest, trees)
    golden = golden_document(table[:20], engine_of(bare, digest_of(bare)))
    made = write_artifact(manifest, {**trees, GOLDEN: json.dumps(golden).encode()})
    return engine_of(made, digest_of(made))
