"""Trees of scikit-learn (`sklearn.tree`), read into the form that is exported."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.training.trees import Tree


def tree_of(tree: Any, values: npt.NDArray[np.float64]) -> Tree:
    """A fitted `sklearn.tree._tree.Tree`, with what its leaves add.

    Args:
        tree: it asks for encoded features, a category being the number that codes it.
        values: by node, [nodes, width].
    """
    return Tree(
        left=tree.children_left,
        right=tree.children_right,
        feature=tree.feature,
        threshold=tree.threshold,
        missing_left=tree.missing_go_to_left.astype(np.bool_),
        values=values,
    )
