"""Forests of other libraries: `libxgboost` walks the trees, the leaves are summed in double.

The trees are XGBoost's in structure only. Their thresholds are exact for float32 inputs, and
what stands at a leaf is looked up in a table of float64, in the estimator's own order of trees.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping

from perennial.errors import ArtifactError
from perennial.serving.libxgboost import Trees
from perennial.serving.links import LINKS, Link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Forest:
    """`link((base + Σ leaf) * scale)` for each output, added up from the base on.

    `offsets[t]` is where the nodes of tree t begin in the table of leaves; a tree adds `width`
    numbers, to the outputs from `columns[t]` on.
    """

    def __init__(
        self, engine: Mapping[str, Any], trees: Trees, leaves: bytes, columns: int
    ) -> None:
        self._trees = trees
        self._columns = columns
        self._base = [float(value) for value in engine["base"]]
        self._scale = float(engine["scale"])
        self._width = int(engine["width"])
        self._offsets = [int(value) for value in engine["offsets"]]
        self._outputs = [int(value) for value in engine["outputs"]]
        self._link: Link = LINKS[engine["link"]]
        self._leaves: array[float] = array("d")
        if len(leaves) % 8:
            raise ArtifactError("the table of leaves is damaged")
        self._leaves.frombytes(leaves)

    def outputs(self, address: int, rows: int) -> array[float]:
        """`rows * outputs` float64; arguments as `Trees.values`."""
        nodes = self._trees.leaves(address, rows, self._columns)
        results: array[float] = array("d")
        count = len(self._offsets)
        for start in range(0, rows * count, count):
            results.extend(self._row(nodes[start : start + count]))
        return results

    def _row(self, nodes: array[float]) -> list[float]:
        leaves, width = self._leaves, self._width
        sums = self._base.copy()
        for offset, output, node in zip(self._offsets, self._outputs, nodes, strict=True):
            place = (offset + int(node)) * width
            for k in range(width):
                sums[output + k] += leaves[place + k]
        return self._link([total * self._scale for total in sums])
