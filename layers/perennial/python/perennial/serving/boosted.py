"""XGBoost's own models: its C library answers, and says why."""

from __future__ import annotations

from array import array

from perennial.serving.libxgboost import Trees

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Boosted:
    """A booster over encoded rows."""

    def __init__(self, engine: Mapping[str, Any], trees: Trees, columns: int) -> None:
        self._trees = trees
        self._columns = columns
        self._binary = engine["link"] == "binary"

    def outputs(self, address: int, rows: int) -> array[float]:
        """`rows * outputs` numbers; arguments as `Trees.values`."""
        values = self._trees.values(address, rows, self._columns)
        return _two_classes(values) if self._binary else values

    def contributions(self, address: int, rows: int) -> array[float]:
        """As `Trees.contributions`; of two classes, for the margin of the positive one."""
        return self._trees.contributions(address, rows, self._columns)


def _two_classes(positive: array[float]) -> array[float]:
    """XGBoost gives the probability of the positive class alone."""
    return array("d", [part for one in positive for part in (1.0 - one, one)])
