"""An ONNX graph as it is put together: nodes, constants, inputs and outputs.

Operators of the opsets named here are what every runtime since ONNX 1.13 knows (2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, ML_OPSET, IR_VERSION = 17, 3, 8
ML = "ai.onnx.ml"
FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE
BOOL, INT64, STRING = TensorProto.BOOL, TensorProto.INT64, TensorProto.STRING


class Graph:
    """Values are strings: the names of what flows along the edges."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._tensors: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, kind: int, says: str) -> str:
        """A named input with one column, described by a sentence."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, ["rows", 1], says))
        return name

    def output(self, name: str, value: str, kind: int, columns: int | None, says: str) -> None:
        """Name a value as an output: [rows, columns], or [rows] without columns."""
        shape: list[str | int] = ["rows"] if columns is None else ["rows", columns]
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape, says))

    def constant(self, values: npt.ArrayLike, kind: type[Any] = np.float64) -> str:
        """A tensor that is part of the graph; the same one is kept once."""
        array = np.asarray(values, dtype=object if kind is str else kind)
        key = (kind.__name__, array.shape, repr(array.tolist()).encode())
        if key not in self._constants:
            name = self._constants[key] = f"//c{len(self._tensors)}"
            self._tensors.append(_tensor(array, name))
        return self._constants[key]

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """A node with one output; returns that."""
        name = f"//v{len(self._nodes)}"
        self._nodes.append(
            helper.make_node(operator, list(inputs), [name], domain=domain, **attributes)
        )
        return name

    def cast(self, value: str, kind: int) -> str:
        """The same numbers in another type."""
        return self.add("Cast", value, to=kind)

    def any_of(self, *conditions: str) -> str:
        """Whether one of some conditions holds."""
        first, *rest = conditions
        for one in rest:
            first = self.add("Or", first, one)
        return first

    def all_of(self, *conditions: str) -> str:
        """Whether all of some conditions hold."""
        first, *rest = conditions
        for one in rest:
            first = self.add("And", first, one)
        return first

    def model(self, name: str, says: str, metadata: Mapping[str, str]) -> Any:
        """The whole as a checked `ModelProto`."""
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, self._tensors)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)]
        model = helper.make_model(
            graph,
            opset_imports=opsets,
            ir_version=IR_VERSION,
            producer_name="perennial",
            doc_string=says,
        )
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model)
        return model


def _tensor(array: npt.NDArray[Any], name: str) -> Any:
    if array.dtype == object:
        texts: Any = [str(text).encode() for text in array.ravel()]
        return helper.make_tensor(name, STRING, array.shape, texts)
    return numpy_helper.from_array(array, name)
