"""Features made of others, as a part of an ONNX graph: the steps of `perennial.features.steps`.

Everything is float64 [rows, 1], NaN for missing, and kept within float32's range, as
`perennial.features.by_row` has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from perennial.errors import NotPortable
from perennial.features import steps
from perennial.portable.onnx_features import bounded
from perennial.portable.onnx_graph import DOUBLE, INT64, Graph

Numbers = Sequence[float]


def made(graph: Graph, values: Mapping[str, str], recipe: steps.Recipe) -> list[str]:
    """What the model sees, column by column.

    Raises:
        NotPortable: a step has no operator.
    """
    known = dict(values)
    for step in recipe.steps:
        if step.kind not in _STEPS:
            raise NotPortable(
                f"ONNX has no operator for {_REFUSED.get(step.kind, step.kind)}, of which "
                f"{step.outputs[0]} is made. Export it with --format bundle or mlflow"
            )
        inputs = [known[name] for name in step.inputs]
        found = _STEPS[step.kind](graph, inputs, len(step.outputs), **step.learned)
        known |= zip(step.outputs, found, strict=True)
    return [known[name] for name in recipe.columns]


def binned(graph: Graph, value: str, edges: Numbers) -> str:
    """How many edges are at most the value: float64 [rows, 1], NaN for missing."""
    reached = graph.add("GreaterOrEqual", value, graph.constant([list(edges)]))
    axes = graph.constant([1], np.int64)
    count = graph.add("ReduceSum", graph.cast(reached, DOUBLE), axes, keepdims=1)
    return _unless_missing(graph, value, count)


def looked_up(graph: Graph, code: str, table: Sequence[Numbers], missing: Numbers) -> str:
    """The row of a table that a code names: float64 [rows, width of the table]."""
    rows = graph.constant(np.array([*table, missing], dtype=np.float64))
    absent = graph.add("IsNaN", code)
    place = graph.add("Where", absent, graph.constant([float(len(table))]), code)
    flat = graph.add("Squeeze", place, graph.constant([1], np.int64))
    return graph.add("Gather", rows, graph.cast(flat, INT64), axis=0)


def _columns(graph: Graph, matrix: str, width: int) -> list[str]:
    return [
        graph.add("Gather", matrix, graph.constant([place], np.int64), axis=1)
        for place in range(width)
    ]


def _unless_missing(graph: Graph, value: str, otherwise: str) -> str:
    return graph.add("Where", graph.add("IsNaN", value), graph.constant([np.nan]), otherwise)


def _one_hot(graph: Graph, inputs: Sequence[str], width: int, *, missing: bool) -> list[str]:
    (code,) = inputs
    found = [graph.add("Equal", code, graph.constant([float(one)])) for one in range(width)]
    if missing:
        found[-1] = graph.add("IsNaN", code)
    return [graph.cast(one, DOUBLE) for one in found]


def _lookup(
    graph: Graph,
    inputs: Sequence[str],
    width: int,
    *,
    table: Sequence[Numbers],
    missing: Sequence[float | None],
) -> list[str]:
    absent = [np.nan if one is None else one for one in missing]
    return _columns(graph, looked_up(graph, inputs[0], table, absent), width)


def _standard(graph: Graph, value: str, center: float, scale: float) -> str:
    moved = graph.add("Sub", value, graph.constant([center]))
    return graph.add("Div", moved, graph.constant([scale]))


def _scale(
    graph: Graph, inputs: Sequence[str], width: int, *, center: Numbers, scale: Numbers
) -> list[str]:
    del width
    terms = zip(inputs, center, scale, strict=True)
    return [bounded(graph, _standard(graph, *term)) for term in terms]


def _log(graph: Graph, inputs: Sequence[str], width: int, *, signed: bool) -> list[str]:
    del width
    (value,) = inputs
    if signed:
        found = _log1p(graph, graph.add("Abs", value))
        return [graph.add("Mul", graph.add("Sign", value), found)]
    possible = graph.add("Greater", value, graph.constant([-1.0]))
    return [graph.add("Where", possible, _log1p(graph, value), graph.constant([np.nan]))]


def _log1p(graph: Graph, value: str) -> str:
    """log(1 + x) to the last digits also where x is tiny (Kahan; see Goldberg 1991, theorem 4)."""
    one = graph.constant([1.0])
    above = graph.add("Add", value, one)
    rounded = graph.add("Sub", above, one)
    ratio = graph.add("Div", graph.add("Log", above), rounded)
    nothing = graph.add("Equal", rounded, graph.constant([0.0]))
    return graph.add("Where", nothing, value, graph.add("Mul", value, ratio))


def _bin(graph: Graph, inputs: Sequence[str], width: int, *, edges: Numbers) -> list[str]:
    del width
    return [binned(graph, inputs[0], edges)]


def _ratio(graph: Graph, inputs: Sequence[str], width: int) -> list[str]:
    del width
    above, below = inputs
    nothing = graph.add("Equal", below, graph.constant([0.0]))
    found = bounded(graph, graph.add("Div", above, below))
    return [graph.add("Where", nothing, graph.constant([np.nan]), found)]


def _difference(graph: Graph, inputs: Sequence[str], width: int) -> list[str]:
    del width
    return [bounded(graph, graph.add("Sub", *inputs))]


def _product(graph: Graph, inputs: Sequence[str], width: int) -> list[str]:
    del width
    return [bounded(graph, graph.add("Mul", *inputs))]


def _reduce(
    graph: Graph,
    inputs: Sequence[str],
    width: int,
    *,
    center: Numbers,
    scale: Numbers,
    weights: Sequence[Numbers],
) -> list[str]:
    """A missing value is taken for the center."""
    present = []
    for value, mean, unit in zip(inputs, center, scale, strict=True):
        standard = _standard(graph, value, mean, unit)
        absent = graph.add("IsNaN", value)
        present.append(graph.add("Where", absent, graph.constant([0.0]), standard))
    matrix = graph.add("Concat", *present, axis=1)
    turned = graph.constant(np.array(weights, dtype=np.float64).T)
    return _columns(graph, bounded(graph, graph.add("MatMul", matrix, turned)), width)


_STEPS: Mapping[str, Callable[..., list[str]]] = {
    steps.ONE_HOT: _one_hot,
    steps.LOOKUP: _lookup,
    steps.SCALE: _scale,
    steps.LOG: _log,
    steps.BIN: _bin,
    steps.RATIO: _ratio,
    steps.DIFFERENCE: _difference,
    steps.PRODUCT: _product,
    steps.REDUCE: _reduce,
}
_REFUSED: Mapping[str, Any] = {steps.DATE: "parts of a date", steps.WORDS: "words of a text"}
