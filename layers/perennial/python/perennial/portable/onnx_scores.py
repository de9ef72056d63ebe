"""What a model makes of its codes, as a part of an ONNX graph: one way for each kind of engine."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from perennial.features.schema import CATEGORY
from perennial.portable.onnx_graph import DOUBLE, FLOAT, Graph
from perennial.portable.onnx_trees import placed, summed
from perennial.portable.plain_trees import PlainTrees
from perennial.serving.artifact import LEAVES, TREES, Artifact

_EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie")


def scores(graph: Graph, codes: str, artifact: Artifact) -> str:
    """Probabilities of every class, or estimates: float64 [rows, outputs]."""
    return _KINDS[artifact.manifest["engine"]["kind"]](graph, codes, artifact)


def _categories(artifact: Artifact) -> list[int]:
    columns = artifact.encoder.columns
    return [len(one.categories or ()) if one.type == CATEGORY else 0 for one in columns]


def _xgboost(graph: Graph, codes: str, artifact: Artifact) -> str:
    model = PlainTrees(artifact.entries[TREES])
    total = summed(
        graph,
        codes,
        model.trees,
        lambda tree, node: [(model.outputs_of[tree], model.trees[tree].conditions[node])],
        categories=_categories(artifact),
        outputs=len(model.base),
    )
    margin = graph.cast(graph.add("Add", total, graph.constant([list(model.base)])), FLOAT)
    if model.objective == "binary:logistic":
        return _two(graph, graph.cast(graph.add("Sigmoid", margin), DOUBLE))
    if model.objective == "multi:softprob":
        margin = graph.add("Softmax", margin, axis=1)
    elif model.objective in _EXPONENTIAL:
        margin = graph.add("Exp", margin)
    return graph.cast(margin, DOUBLE)


def _forest(graph: Graph, codes: str, artifact: Artifact) -> str:
    engine = artifact.manifest["engine"]
    table: array[float] = array("d")
    table.frombytes(artifact.entries[LEAVES])
    width, offsets, outputs = int(engine["width"]), engine["offsets"], engine["outputs"]

    def leaves(tree: int, node: int) -> list[tuple[int, float]]:
        place = (offsets[tree] + node) * width
        return [(outputs[tree] + k, table[place + k]) for k in range(width)]

    total = summed(
        graph,
        codes,
        PlainTrees(artifact.entries[TREES]).trees,
        leaves,
        categories=_categories(artifact),
        outputs=len(engine["base"]),
    )
    whole = graph.add("Add", total, graph.constant([engine["base"]]))
    return _linked(graph, graph.add("Mul", whole, graph.constant(engine["scale"])), engine["link"])


def _linear(graph: Graph, codes: str, artifact: Artifact) -> str:
    engine = artifact.manifest["engine"]
    total = graph.constant([engine["intercepts"]])
    if engine["numeric"]:
        total = graph.add("Add", _numeric(graph, codes, engine["numeric"]), total)
    for one in engine["categories"]:
        table = np.array([*one["weights"], one["missing"]], dtype=np.float64)
        place, _ = placed(graph, codes, int(one["feature"]), len(one["weights"]))
        total = graph.add("Add", total, graph.add("Gather", graph.constant(table), place, axis=0))
    return _linked(graph, total, engine["link"])


def _numeric(graph: Graph, codes: str, terms: Sequence[Mapping[str, Any]]) -> str:
    """Weights times values, or what stands for a missing one: [rows, outputs]."""
    features = graph.constant([int(one["feature"]) for one in terms], np.int64)
    values = graph.cast(graph.add("Gather", codes, features, axis=1), DOUBLE)
    missing = graph.add("IsNaN", values)
    present = graph.add("Where", missing, graph.constant([0.0]), values)
    weighted = graph.add("MatMul", present, graph.constant([one["weights"] for one in terms]))
    filled = graph.constant([one["missing"] for one in terms])
    return graph.add("Add", weighted, graph.add("MatMul", graph.cast(missing, DOUBLE), filled))


def _linked(graph: Graph, sums: str, link: str) -> str:
    if link == "logistic":
        return _two(graph, graph.add("Sigmoid", sums))
    if link == "softmax":
        return graph.add("Softmax", sums, axis=1)
    return graph.add("Exp", sums) if link == "exponential" else sums


def _two(graph: Graph, positive: str) -> str:
    """Probabilities of both classes, from that of the second."""
    negative = graph.add("Sub", graph.constant([1.0]), positive)
    return graph.add("Concat", negative, positive, axis=1)


_KINDS = {"xgboost": _xgboost, "forest": _forest, "linear": _linear}
