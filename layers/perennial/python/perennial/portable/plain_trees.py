"""XGBoost's trees without its C library: read from the model and walked by Python alone.

`PlainTrees` answers as `perennial.serving.libxgboost.Trees` does. Leaves are added in float32, tree
by tree on the base margin, as the library's CPU predictor adds them; rules are those of its source
(`src/predictor/`, `src/common/categorical.h`, `src/common/math.h`). A test holds both together.
"""

from __future__ import annotations

from array import array
from ctypes import c_float
from math import exp, log

from perennial.errors import ArtifactError
from perennial.portable.ubjson import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Row = Sequence[float]

_LARGEST_MARGIN = 88.7  # the logistic function's argument is cut there, so that exp stays finite
_EXP_OVERFLOWS = 88.72283935546875  # from here on a float32 of exp is infinite


class PlainTree:
    """One tree by node, node 0 the root.

    A number goes left when it is below the node's condition, a category when it is not in the
    node's set, a missing value where the tree has learned. A leaf has its value as condition.
    """

    __slots__ = ("conditions", "default_left", "features", "left", "right", "sets")

    def __init__(self, tree: dict[str, Any]) -> None:
        self.left: Sequence[int] = tree["left_children"]
        self.right: Sequence[int] = tree["right_children"]
        self.features: Sequence[int] = tree["split_indices"]
        self.conditions: Sequence[float] = tree["split_conditions"]
        self.default_left: Sequence[int] = tree["default_left"]
        self.sets: dict[int, frozenset[int]] = {}
        codes = tree["categories"]
        places = zip(tree["categories_segments"], tree["categories_sizes"], strict=True)
        for node, (start, size) in zip(tree["categories_nodes"], places, strict=True):
            self.sets[node] = frozenset(codes[start : start + size])

    def leaf(self, row: Row) -> int:
        """The node a row ends in."""
        left, right, sets = self.left, self.right, self.sets
        node = 0
        while left[node] >= 0:
            value = row[self.features[node]]
            if value != value:
                goes_left = self.default_left[node]
            elif node in sets:
                goes_left = int(value) not in sets[node]
            else:
                goes_left = value < self.conditions[node]
            node = left[node] if goes_left else right[node]
        return node


class PlainTrees:
    """A booster of XGBoost without its library; answers as `perennial.serving.libxgboost.Trees`."""

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        """Load a model saved as UBJSON.

        Raises:
            ArtifactError: it is damaged, or of a kind that is not walked here.
        """
        del threads  # one row after the other
        try:
            learner = loads(model)["learner"]
            kept = learner["gradient_booster"]["model"]
            self.trees = [PlainTree(tree) for tree in kept["trees"]]
            self.outputs_of: Sequence[int] = kept["tree_info"]
            name = learner["objective"]["name"]
            self.objective: str = name
            self._transform = _TRANSFORMS[name]
            self.base = _base_margins(learner["learner_model_param"], name)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ArtifactError(f"the trees of the artifact cannot be walked: {error}") from error

    def values(self, address: int, rows: int, columns: int) -> array[float]:
        """Predictions of a row-major float32 matrix; as `Trees.values`."""
        found: array[float] = array("f")
        for row in _rows(address, rows, columns):
            sums = array("f", self.base)
            for tree, output in zip(self.trees, self.outputs_of, strict=True):
                sums[output] += tree.conditions[tree.leaf(row)]
            found.extend(self._transform(sums))
        return found

    def leaves(self, address: int, rows: int, columns: int) -> array[float]:
        """Node each row ends in, tree by tree; as `Trees.leaves`."""
        return array(
            "f",
            [tree.leaf(row) for row in _rows(address, rows, columns) for tree in self.trees],
        )


def _rows(address: int, rows: int, columns: int) -> list[Row]:
    codes = (c_float * (rows * columns)).from_address(address)
    return [codes[start : start + columns] for start in range(0, rows * columns, columns)]


def _base_margins(parameters: dict[str, str], objective: str) -> array[float]:
    """What the sums begin with, by output: the base score as a margin."""
    told = parameters["base_score"].strip("[]").split(",")
    scores = array("f", [float(one) for one in told])
    outputs = max(int(parameters["num_class"]), int(parameters["num_target"]), 1)
    if len(scores) == 1:
        scores = array("f", list(scores) * outputs)
    if objective == "binary:logistic":
        return array("f", [-log(1.0 / score - 1.0) for score in scores])
    if _TRANSFORMS[objective] is _exponential:
        return array("f", [log(score) for score in scores])
    return scores


def _identity(sums: array[float]) -> array[float]:
    return sums


def _logistic(sums: array[float]) -> array[float]:
    margin = min(-sums[0], _LARGEST_MARGIN)
    power = array("f", [exp(array("f", [margin])[0])])[0]
    return array("f", [1.0 / array("f", [power + 1.0])[0]])


def _exponential(sums: array[float]) -> array[float]:
    infinite = float("inf")
    return array("f", [exp(one) if one < _EXP_OVERFLOWS else infinite for one in sums])


def _softmax(sums: array[float]) -> array[float]:
    largest = max(sums)
    powers = array("f", [exp(one) for one in array("f", [one - largest for one in sums])])
    total = array("f", [sum(powers)])[0]
    return array("f", [power / total for power in powers])


_TRANSFORMS: dict[str, Callable[[array[float]], array[float]]] = {
    "binary:logistic": _logistic,
    "multi:softprob": _softmax,
    "count:poisson": _exponential,
    "reg:gamma": _exponential,
    "reg:tweedie": _exponential,
    "reg:absoluteerror": _identity,
    "reg:pseudohubererror": _identity,
    "reg:squarederror": _identity,
    "reg:squaredlogerror": _identity,
}
