"""Rows about people, with answers whose fairness is known by construction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from perennial.evaluation.measure import Integers
from perennial.evaluation.measures import Classified
from perennial.spec import ModelSpec

FEATURES: dict[str, Any] = {
    "income": {"type": "number", "nullable": True},
    "sex": {"type": "category", "nullable": True},
    "age": {"type": "integer", "nullable": True},
    "member": {"type": "boolean", "nullable": True},
}


def a_spec(task: str = "binary", algorithm: str = "xgboost", **given: Any) -> ModelSpec:
    """A model about people; `fairness` as given."""
    document = {
        "name": "m",
        "task": task,
        "target": "y",
        "features": FEATURES,
        "algorithm": {"name": algorithm, "parameters": given.pop("parameters", {})},
        "positive_class": "yes" if task == "binary" else None,
    }
    return ModelSpec.model_validate(document | given)


def answers(cells: dict[str, tuple[int, int, int, int]]) -> tuple[pa.Table, Classified]:
    """Rows with a column `sex` and what was said of them.

    Args:
        cells: by group, rows that are true positives, false negatives, false positives and true
            negatives.
    """
    sex: list[str] = []
    truth: list[int] = []
    called: list[int] = []
    for label, counts in cells.items():
        for count, is_true, is_called in zip(counts, (1, 1, 0, 0), (1, 0, 1, 0), strict=True):
            sex += [label] * count
            truth += [is_true] * count
            called += [is_called] * count
    probability = np.where(np.array(called) == 1, 0.8, 0.2)
    found = Classified(
        ("no", "yes"),
        np.array(truth, dtype=np.int64),
        np.column_stack([1 - probability, probability]),
        0.5,
    )
    return pa.table({"sex": pa.array(sex, pa.string())}), found


def codes_of(table: pa.Table, name: str) -> Integers:
    """Codes of a column's labels in sorted order."""
    return np.unique(table[name].to_pylist(), return_inverse=True)[1].astype(np.int64)


def people(rows: int, *, seed: int = 0, task: str = "binary") -> pa.Table:
    """Training data in which one sex gets the positive answer far more often."""
    random = np.random.default_rng(seed)
    sex = random.choice(["f", "m"], rows, p=[0.4, 0.6])
    income = random.normal(size=rows) + (sex == "m") * 0.8
    age = random.integers(18, 80, rows)
    signal = income + 0.01 * age + (sex == "m") * 0.8 + random.normal(size=rows)
    targets: dict[str, Any] = {
        "binary": np.where(signal > 1.3, "yes", "no"),
        "multiclass": np.digitize(signal, [0.8, 1.8]).astype(str),
        "regression": signal,
    }
    return pa.table(
        {
            "income": income,
            "sex": pa.array(sex.tolist(), pa.string(), mask=random.random(rows) < 0.05),
            "age": pa.array(age, pa.int64(), mask=random.random(rows) < 0.05),
            "member": pa.array(random.random(rows) < 0.5, mask=random.random(rows) < 0.05),
            "y": pa.array(targets[task].tolist()),
        }
    )
