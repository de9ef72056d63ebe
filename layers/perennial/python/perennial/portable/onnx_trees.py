"""Trees as an ONNX operator: `TreeEnsembleRegressor`, which asks for numbers and adds leaves up.

Each set of categories that a tree asks for becomes a column of its own, 1 where the row's category
is in it: operators before `ai.onnx.ml` 5 know no sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from onnx import helper

from perennial.errors import NotPortable
from perennial.portable.onnx_graph import DOUBLE, INT64, ML, Graph
from perennial.portable.plain_trees import PlainTree

MOST_MEMBERS = 64_000_000  # entries of the tables of sets, a byte each
Sets = dict[tuple[int, frozenset[int]], int]  # column of each feature's set
Leaves = Callable[[int, int], Iterable[tuple[int, float]]]  # tree, node → output and value


def summed(
    graph: Graph,
    codes: str,
    trees: Sequence[PlainTree],
    leaves: Leaves,
    *,
    categories: Sequence[int],
    outputs: int,
) -> str:
    """The sum of the leaves each row ends in: float64 [rows, outputs].

    Args:
        graph: to add to.
        codes: float32 [rows, features], NaN for missing.
        trees: to walk.
        leaves: what a leaf adds, by tree and node.
        categories: how many each feature has; 0 where it is none.
        outputs: of the model.

    Raises:
        NotPortable: the sets of categories would fill hundreds of megabytes.
    """
    sets: Sets = {}
    for tree in trees:
        for node, members in sorted(tree.sets.items()):
            sets.setdefault((tree.features[node], members), len(categories) + len(sets))
    columns = graph.cast(codes, DOUBLE)
    if sets:
        columns = _with_members(graph, codes, columns, sets, categories)
    attributes = _attributes(trees, leaves, sets, outputs)
    found = graph.add("TreeEnsembleRegressor", columns, domain=ML, **attributes)
    return graph.cast(found, DOUBLE)


def _with_members(
    graph: Graph, codes: str, columns: str, sets: Sets, categories: Sequence[int]
) -> str:
    """The columns, and after them one for each set; NaN where the category is missing."""
    by_feature: dict[int, list[frozenset[int]]] = {}
    for feature, members in sets:
        by_feature.setdefault(feature, []).append(members)
    if sum(categories[one] * len(of) for one, of in by_feature.items()) > MOST_MEMBERS:
        raise NotPortable("its trees ask for too many sets of categories for an ONNX graph")
    order = [key for feature in by_feature for key in sets if key[0] == feature]
    for column, key in enumerate(order, start=len(categories)):
        sets[key] = column
    parts = [
        _members(graph, codes, feature, of, categories[feature])
        for feature, of in by_feature.items()
    ]
    return graph.add("Concat", columns, *parts, axis=1)


def _members(
    graph: Graph, codes: str, feature: int, sets: Sequence[frozenset[int]], known: int
) -> str:
    table = np.zeros((known + 1, len(sets)), dtype=np.uint8)
    for column, members in enumerate(sets):
        table[[one for one in members if one < known], column] = 1
    place, missing = placed(graph, codes, feature, known)
    found = graph.cast(graph.add("Gather", graph.constant(table, np.uint8), place, axis=0), DOUBLE)
    return graph.add("Where", missing, graph.constant([np.nan]), found)


def placed(graph: Graph, codes: str, feature: int, known: int) -> tuple[str, str]:
    """Place of each row's category in a table, int64 [rows], after the last when it is missing.

    And whether it is, [rows, 1].
    """
    code = graph.add("Gather", codes, graph.constant([feature], np.int64), axis=1)
    missing = graph.add("IsNaN", code)
    place = graph.add("Where", missing, graph.constant([known], np.float32), code)
    flat = graph.add("Squeeze", place, graph.constant([1], np.int64))
    return graph.cast(flat, INT64), missing


def _attributes(
    trees: Sequence[PlainTree], leaves: Leaves, sets: Sets, outputs: int
) -> dict[str, Any]:
    nodes: dict[str, list[Any]] = {name: [] for name in _NODES}
    targets: dict[str, list[Any]] = {name: [] for name in _TARGETS}
    for number, tree in enumerate(trees):
        for node, left in enumerate(tree.left):
            if left < 0:
                _row(nodes, number, node, 0, "LEAF", 0.0, 0, 0, 0)
                for output, value in leaves(number, node):
                    _row(targets, number, node, output, value)
                continue
            feature, condition = tree.features[node], float(tree.conditions[node])
            if node in tree.sets:
                feature, condition = sets[feature, tree.sets[node]], 0.5
            right, missing = tree.right[node], int(bool(tree.default_left[node]))
            _row(nodes, number, node, feature, "BRANCH_LT", condition, left, right, missing)
    attributes: dict[str, Any] = {**nodes, **targets}
    for name in ("nodes_values", "target_weights"):
        values = attributes.pop(name)
        kept = helper.make_tensor(name, DOUBLE, [len(values)], values)
        attributes[f"{name}_as_tensor"] = kept
    return attributes | {"n_targets": outputs, "post_transform": "NONE"}


_NODES = (
    "nodes_treeids",
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_modes",
    "nodes_values",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "nodes_missing_value_tracks_true",
)
_TARGETS = ("target_treeids", "target_nodeids", "target_ids", "target_weights")


def _row(table: dict[str, list[Any]], *values: object) -> None:
    for column, value in zip(table.values(), values, strict=True):
        column.append(value)
