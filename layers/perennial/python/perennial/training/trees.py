"""Trees of other libraries in XGBoost's structure, so that `libxgboost` can walk them.

Only the structure is XGBoost's: a leaf's value stands in a table of float64 beside the model,
where the tree's offset plus the number of the leaf's node leads to it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost

from perennial.features.codec import LARGEST_FLOAT32
from perennial.training.ubjson import dumps

_NO_PARENT = 2**31 - 1
_NUMERIC, _CATEGORICAL = 0, 1

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tree:
    """A binary tree by node, node 0 the root; a leaf has no children (-1).

    An inner node sends a number to the left when it is at most `threshold`, a category when it is
    not in `to_right[node]`, and a missing value where `missing_left` says.
    """

    left: Integers
    right: Integers
    feature: Integers
    threshold: npt.NDArray[np.float64]
    missing_left: npt.NDArray[np.bool_]
    values: npt.NDArray[np.float64]  # [nodes, width]; of inner nodes they are not used
    to_right: dict[int, Integers] = field(default_factory=dict)  # of nodes that ask for a category


@dataclass(frozen=True, slots=True)
class Forest:
    """Many trees, ready to export."""

    model: bytes  # UBJSON for libxgboost
    leaves: bytes  # float64, little-endian, [nodes of all trees, width]; of inner nodes zero
    offsets: list[int]  # by tree, where its nodes begin in that table


def forest_of(trees: Sequence[Tree], features: int) -> Forest:
    """Bring trees into the form that serves; `features` is the length of an encoded row."""
    converted, values, offsets, start = [], [], [], 0
    for number, tree in enumerate(map(_without_empty_sets, trees)):
        order = _siblings_together(tree)
        converted.append(_converted(number, tree, order, features))
        leaf = tree.left[order] < 0
        values.append(np.where(leaf[:, np.newaxis], tree.values[order], 0.0))
        offsets.append(start)
        start += len(order)
    table = np.ascontiguousarray(np.concatenate(values), dtype="<f8").tobytes()
    return Forest(_model(converted, features), table, offsets)


def _without_empty_sets(tree: Tree) -> Tree:
    """Nodes that only missing values leave to the right ask for a number that all are below.

    They come from columns whose every category goes to the left; XGBoost takes no empty set.
    """
    empty = [node for node, codes in tree.to_right.items() if not len(codes)]
    if not empty:
        return tree
    threshold = tree.threshold.copy()
    threshold[empty] = LARGEST_FLOAT32
    some = {node: codes for node, codes in tree.to_right.items() if len(codes)}
    return replace(tree, threshold=threshold, to_right=some)


def _siblings_together(tree: Tree) -> Integers:
    """The nodes level by level: XGBoost takes the right child to be next to the left one."""
    levels = [np.zeros(1, dtype=np.int64)]
    while len(level := levels[-1]):
        inner = level[tree.left[level] >= 0]
        levels.append(np.stack((tree.left[inner], tree.right[inner]), axis=1).ravel())
    return np.concatenate(levels)


def next_float32(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """The smallest float32 above each threshold: for every float32 x, `x <= t` is `x < next`."""
    with np.errstate(over="ignore"):
        nearest = thresholds.astype(np.float32)
        above = np.nextafter(nearest, np.float32(np.inf))
    found: npt.NDArray[np.float32] = np.where(
        nearest.astype(np.float64) <= thresholds, above, nearest
    )
    return found


def _converted(number: int, tree: Tree, order: Integers, features: int) -> dict[str, Any]:
    """One tree as XGBoost writes it, its nodes in another order."""
    count = len(order)
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    inner = np.flatnonzero(tree.left[order] >= 0)
    old = order[inner]
    left, right = (np.full(count, -1, dtype=np.int32) for _ in range(2))
    left[inner], right[inner] = place[tree.left[old]], place[tree.right[old]]
    parents = np.full(count, _NO_PARENT, dtype=np.int32)
    parents[left[inner]] = parents[right[inner]] = inner
    return {
        "base_weights": np.zeros(count, dtype=np.float32),
        **_categories(tree, place),
        "default_left": _at(inner, tree.missing_left[old], count, np.uint8),
        "id": number,
        "left_children": left,
        "loss_changes": np.zeros(count, dtype=np.float32),
        "parents": parents,
        "right_children": right,
        "split_conditions": _at(inner, next_float32(tree.threshold[old]), count, np.float32),
        "split_indices": _at(inner, tree.feature[old], count, np.int32),
        "split_type": _kinds(tree, place, count),
        "sum_hessian": np.ones(count, dtype=np.float32),
        "tree_param": {
            "num_deleted": "0",
            "num_feature": str(features),
            "num_nodes": str(count),
            "size_leaf_vector": "1",
        },
    }


def _at(places: Integers, values: npt.NDArray[Any], count: int, kind: Any) -> npt.NDArray[Any]:
    """The values at their places among `count`, and zeros elsewhere."""
    whole = np.zeros(count, dtype=kind)
    whole[places] = values
    return whole


def _kinds(tree: Tree, place: Integers, count: int) -> npt.NDArray[np.uint8]:
    kinds = np.full(count, _NUMERIC, dtype=np.uint8)
    kinds[place[list(tree.to_right)]] = _CATEGORICAL
    return kinds


def _categories(tree: Tree, place: Integers) -> dict[str, npt.NDArray[Any]]:
    """The sets of categories that go to the right, one after another, by ascending node."""
    nodes = sorted(tree.to_right, key=lambda node: int(place[node]))
    sizes = np.array([len(tree.to_right[node]) for node in nodes], dtype=np.int64)
    sets = [tree.to_right[node] for node in nodes]
    return {
        "categories": np.concatenate([*sets, []]).astype(np.int32),
        "categories_nodes": place[nodes].astype(np.int32),
        "categories_segments": np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64)
        if nodes
        else sizes,
        "categories_sizes": sizes,
    }


def _model(trees: list[dict[str, Any]], features: int) -> bytes:
    """A booster of the installed library's own making, its trees replaced."""
    empty = xgboost.DMatrix(np.zeros((1, features), dtype=np.float32), label=[0.0])
    settings = {"objective": "reg:squarederror", "base_score": 0.0, "nthread": 1}
    document = json.loads(bytes(xgboost.train(settings, empty, 0).save_raw("json")))
    model = document["learner"]["gradient_booster"]["model"]
    model["gbtree_model_param"]["num_trees"] = str(len(trees))
    model["iteration_indptr"] = list(range(len(trees) + 1))
    model["tree_info"] = [0] * len(trees)
    model["trees"] = trees
    model.pop("cats", None)  # our codes are already those of the artifact
    return dumps(document)
