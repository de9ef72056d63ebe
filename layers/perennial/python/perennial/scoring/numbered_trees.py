"""A forest whose leaves give the number of their node, found among many rows tree by tree.

The C library's own question for leaves goes row by row through all trees, and so through all of
their memory; its predictions go block by block and are many times as fast. A tree whose leaves
have the numbers of their nodes as values answers the first question by way of the second.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perennial.errors import ArtifactError
from perennial.features.columnar import Matrix
from perennial.serving.libxgboost import Trees

Nodes = npt.NDArray[np.int64]
_LENGTH = 8  # bytes of the length of a typed array in UBJSON, a big-endian int64


class NumberedTrees:
    """The trees of a forest, as `perennial.training.trees` writes them."""

    def __init__(self, model: bytes, count: int) -> None:
        """Number the leaves.

        Args:
            model: the trees, in UBJSON.
            count: how many there are.

        Raises:
            ArtifactError: the model is damaged or was written in another way.
        """
        self._trees = Trees(numbered(model, count), threads=1)

    def nodes(self, tree: int, codes: Matrix) -> Nodes:
        """Number of the node each row-major row of codes ends in, in one of the trees."""
        rows, columns = codes.shape
        found = self._trees.values_of(tree, codes.ctypes.data, rows, columns)
        return np.frombuffer(found, dtype=np.float32).astype(np.int64)


def numbered(model: bytes, count: int) -> bytes:
    """The model with the number of its node as the value of each leaf.

    Raises:
        ArtifactError: it is damaged or was written in another way.
    """
    changed = bytearray(model)
    left = _arrays(model, b"left_children", "l")
    values = _arrays(model, b"split_conditions", "d")
    if [size for _, size in left] != [size for _, size in values] or len(left) != count:
        raise ArtifactError("the trees are not written as this code writes them")
    for (children, size), (place, _) in zip(left, values, strict=True):
        leaf = np.frombuffer(model, ">i4", size, children) < 0
        conditions = np.frombuffer(changed, ">f4", size, place)
        conditions[leaf] = np.flatnonzero(leaf)
    return bytes(changed)


def _arrays(model: bytes, name: bytes, kind: str) -> list[tuple[int, int]]:
    """Where the typed arrays of a name begin, and how many elements of four bytes they have."""
    head = name + b"[$" + kind.encode() + b"#L"
    found, at = [], 0
    while (at := model.find(head, at)) >= 0:
        at += len(head) + _LENGTH
        size = int.from_bytes(model[at - _LENGTH : at], "big", signed=True)
        if not 0 < size <= (len(model) - at) // 4:
            raise ArtifactError("the trees are not written as this code writes them")
        found.append((at, size))
        at += 4 * size
    return found
