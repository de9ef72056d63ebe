"""Forests and linear models of other libraries over many rows at once, to the bit as they serve.

`perennial.serving.forest` and `perennial.serving.linear` answer row by row with the standard
library. Here numpy adds the same numbers in the same order, and `exp` is asked of the same library
of C, whose last bit numpy's own may differ in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.errors import ArtifactError
from perennial.features.columnar import Matrix
from perennial.scoring.numbered_trees import NumberedTrees
from perennial.serving.artifact import LEAVES, TREES, Artifact

Scores = npt.NDArray[np.float64]
Run = Callable[[Matrix], Scores]  # codes [rows, features] → scores [rows, outputs]
_LARGEST_POWER = math.log(np.finfo(np.float64).max)


def vectorised(artifact: Artifact) -> Run | None:
    """What answers for an artifact of leaves or weights; None for any other kind.

    Raises:
        ArtifactError: it is damaged.
    """
    engine = artifact.manifest["engine"]
    try:
        if engine.get("kind") == "forest":
            return ManyForest(engine, artifact.entries[TREES], artifact.entries[LEAVES]).scores
        if engine.get("kind") == "linear":
            return ManyLinear(engine).scores
    except KeyError as error:
        raise ArtifactError(f"the artifact has no {error} that this code can run") from error
    return None


class ManyForest:
    """`perennial.serving.forest.Forest`, tree by tree instead of row by row."""

    def __init__(self, engine: Mapping[str, Any], trees: bytes, leaves: bytes) -> None:
        """Prepare a forest.

        Args:
            engine: of the artifact.
            trees: UBJSON.
            leaves: float64 by node.

        Raises:
            ArtifactError: trees or leaves are damaged.
        """
        self._base = np.array(engine["base"], dtype=np.float64)
        self._scale, self._link = float(engine["scale"]), LINKS[engine["link"]]
        self._width = int(engine["width"])
        self._places = list(zip(engine["offsets"], engine["outputs"], strict=True))
        self._trees = NumberedTrees(trees, len(self._places))
        try:
            self._leaves = np.frombuffer(leaves, dtype="<f8").reshape(-1, self._width)
        except ValueError as error:
            raise ArtifactError("the table of leaves is damaged") from error

    def scores(self, codes: Matrix) -> Scores:
        """Scores of row-major codes."""
        sums = np.tile(self._base, (len(codes), 1))
        with _as_python():
            for tree, (offset, output) in enumerate(self._places):
                ends = self._trees.nodes(tree, codes)
                ends += offset
                sums[:, output : output + self._width] += self._leaves[ends]
            return self._link(sums * self._scale)


class ManyLinear:
    """`perennial.serving.linear.Linear`, feature by feature instead of row by row."""

    def __init__(self, engine: Mapping[str, Any]) -> None:
        """Args: engine: of the artifact."""
        self._intercepts = np.array(engine["intercepts"], dtype=np.float64)
        self._link = LINKS[engine["link"]]
        self._numeric = [(one["feature"], *_weights(one)) for one in engine["numeric"]]
        self._categories = [(one["feature"], *_weights(one)) for one in engine["categories"]]

    def scores(self, codes: Matrix) -> Scores:
        """Scores of row-major codes."""
        sums = np.tile(self._intercepts, (len(codes), 1))
        with _as_python():
            for feature, weights, missing in self._numeric:
                values = codes[:, feature].astype(np.float64)[:, np.newaxis]
                sums += np.where(np.isnan(values), missing, values * weights)
            for feature, table, missing in self._categories:
                labels = codes[:, feature]
                unknown = np.isnan(labels)
                known = table[np.where(unknown, 0, labels).astype(np.int64)]
                sums += np.where(unknown[:, np.newaxis], missing, known)
            return self._link(sums)


def _as_python() -> np.errstate:
    """What overflows is infinite, without a word."""
    return np.errstate(over="ignore", invalid="ignore", under="ignore")


def _weights(one: Mapping[str, Any]) -> tuple[Scores, Scores]:
    return np.array(one["weights"], dtype=np.float64), np.array(one["missing"], dtype=np.float64)


def _exp(values: Scores) -> Scores:
    """`math.exp` of every value; of those that are not too large."""
    flat = map(math.exp, values.ravel().tolist())
    return np.fromiter(flat, dtype=np.float64, count=values.size).reshape(values.shape)


def _identity(sums: Scores) -> Scores:
    return sums


def _logistic(sums: Scores) -> Scores:
    margins = sums[:, 0]
    small = _exp(-np.abs(margins))
    positive = np.where(margins >= 0, 1.0, small) / (1.0 + small)
    return np.stack((1.0 - positive, positive), axis=1)


def _softmax(sums: Scores) -> Scores:
    powers = _exp(sums - sums.max(axis=1, keepdims=True))
    # Python's own `sum`: from 3.12 on it is more exact than adding up.
    totals = np.array([sum(row) for row in powers.tolist()], dtype=np.float64)
    return powers / totals[:, np.newaxis]


def _exponential(sums: Scores) -> Scores:
    fits = sums < _LARGEST_POWER
    return np.where(fits, _exp(np.where(fits, sums, 0.0)), np.inf)


# By the names of `perennial.serving.links`.
LINKS: dict[str, Callable[[Scores], Scores]] = {
    "identity": _identity,
    "logistic": _logistic,
    "softmax": _softmax,
    "exponential": _exponential,
}
