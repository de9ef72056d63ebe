"""XGBoost's own estimators at the end of a pipeline: the same booster, its splits folded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.serving.artifact import TREES
from perennial.spec import Task
from perennial.training.boosting import OBJECTIVES
from perennial.training.estimator import Exported
from perennial.training.pipeline.columns import NotExportable
from perennial.training.pipeline.fold import Fold, rounded
from perennial.training.pipeline.probe import Probe
from perennial.training.ubjson import dumps

_INTEGERS = ("left_children", "parents", "right_children", "split_indices")
_FLOATS = ("base_weights", "loss_changes", "split_conditions", "sum_hessian")
_NUMERIC, _CATEGORICAL = 0, 1
Trees = list[dict[str, Any]]


def folded_booster(probe: Probe, order: Sequence[int] | None) -> Exported:
    """The booster over encoded rows: the same leaves, in the same order of sums.

    Raises:
        NotExportable: it is not of trees of numbers alone, or a split cannot be folded.
    """
    document = json.loads(bytes(probe.final.get_booster().save_raw("json")))
    learner = document["learner"]
    binary = _check(probe, learner, order)
    booster = learner["gradient_booster"]["model"]
    booster["trees"] = _folded(booster["trees"], probe)
    booster.pop("cats", None)
    learner["learner_model_param"]["num_feature"] = str(len(probe.features))
    learner["feature_names"], learner["feature_types"] = [], []
    learner["attributes"] = {}
    engine = {"kind": "xgboost", "link": "binary" if binary else "direct"}
    return Exported(engine, {TREES: dumps(document)})


def _check(probe: Probe, learner: dict[str, Any], order: Sequence[int] | None) -> bool:
    """Whether the booster gives the probability of one of two classes."""
    task = Task.REGRESSION if order is None else Task.BINARY
    if order is not None and len(order) > 2:
        task = Task.MULTICLASS
    objective = learner["objective"]["name"]
    if objective not in OBJECTIVES[task]:
        raise NotExportable(f"its objective is {objective}")
    if learner["gradient_booster"]["name"] != "gbtree":
        raise NotExportable("its booster is not made of trees")
    if any(
        np.any(tree["split_type"]) or int(tree["tree_param"]["size_leaf_vector"]) > 1
        for tree in learner["gradient_booster"]["model"]["trees"]
    ):
        raise NotExportable("its trees split by category, or have more than one output")
    missing = probe.final.missing
    if missing is not None and not np.isnan(missing):
        raise NotExportable("its XGBoost takes a number for a missing value")
    if probe.sparse:
        raise NotExportable(
            "XGBoost takes each zero of a sparse matrix for a missing value; sparse_threshold=0 "
            "of ColumnTransformer makes the matrix dense"
        )
    return task is Task.BINARY


def _folded(trees: Trees, probe: Probe) -> Trees:
    for tree in trees:
        for name in _INTEGERS:
            tree[name] = np.array(tree[name], dtype=np.int32)
        for name in _FLOATS:
            tree[name] = np.array(tree[name], dtype=np.float32)
        tree["default_left"] = np.array(tree["default_left"], dtype=np.uint8)
        tree["tree_param"]["num_feature"] = str(len(probe.features))
    inner = [np.flatnonzero(tree["left_children"] >= 0) for tree in trees]
    pairs = list(zip(trees, inner, strict=True))
    fold = Fold(
        probe,
        np.concatenate([np.zeros(0, np.int64), *(t["split_indices"][at] for t, at in pairs)]),
        np.concatenate([np.zeros(0), *(t["split_conditions"][at] for t, at in pairs)]),
        np.concatenate([np.zeros(0), *(t["default_left"][at] for t, at in pairs)]),
        lambda values, thresholds: rounded(values, np.float32) < thresholds.astype(np.float32),
    )
    start = 0
    for tree, at in pairs:
        _place(tree, at, fold, slice(start, start + len(at)))
        start += len(at)
    return trees


def _place(tree: dict[str, Any], at: Any, fold: Fold, here: slice) -> None:
    """Write the folded splits of one tree over its own."""
    tree["split_indices"][at] = fold.feature[here]
    # The library sends to the left what is below: the next number after the last that goes there.
    tree["split_conditions"][at] = _next(fold.threshold[here])
    tree["default_left"][at] = fold.missing_left[here]
    sets = {
        int(node): codes
        for node, codes in zip(at, fold.to_right[here], strict=True)
        if codes is not None
    }
    kinds = np.full(len(tree["left_children"]), _NUMERIC, dtype=np.uint8)
    kinds[list(sets)] = _CATEGORICAL
    sizes = np.array([len(codes) for codes in sets.values()], dtype=np.int64)
    tree["split_type"] = kinds
    tree["categories"] = np.concatenate([*sets.values(), np.zeros(0)]).astype(np.int32)
    tree["categories_nodes"] = np.array(list(sets), dtype=np.int32)
    tree["categories_segments"] = np.cumsum(sizes) - sizes
    tree["categories_sizes"] = sizes


def _next(last: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = np.nextafter(last.astype(np.float32), np.float32(np.inf))
    return found
