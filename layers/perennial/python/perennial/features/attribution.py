"""Counts what is said of a model's columns to the features they are made of. Standard library only.

A column made of one feature is counted to it, a column made of several stands for itself.
"""

from __future__ import annotations

from array import array
from math import fsum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perennial.features.schema import FeatureSchema


class Attribution:
    """What each column is counted to.

    Attributes:
        names: all features in their order, then the columns that are made of several.
        places: by column, the place in `names` it is counted to.
    """

    __slots__ = ("names", "places")

    def __init__(self, features: Sequence[FeatureSchema], columns: Sequence[FeatureSchema]) -> None:
        """Args: features: of the rows; columns: of the model, in its order."""
        counted = [
            column.sources[0] if len(column.sources) == 1 else column.name for column in columns
        ]
        self.names = tuple(dict.fromkeys([*(one.name for one in features), *counted]))
        place_of = {name: place for place, name in enumerate(self.names)}
        self.places = tuple(place_of[name] for name in counted)

    def sums(self, values: Sequence[float]) -> list[float]:
        """Sums by name of one value per column."""
        parts: list[list[float]] = [[] for _ in self.names]
        for place, value in zip(self.places, values, strict=True):
            parts[place].append(value)
        return [fsum(part) for part in parts]

    def contributions(self, values: array[float]) -> array[float]:
        """Contributions by column, each run of them closed by a base value, by name instead.

        Args:
            values: `runs * (columns + 1)` numbers.

        Returns:
            `runs * (names + 1)` numbers, in double precision.
        """
        return array("d", self._by_name(values))

    def _by_name(self, values: array[float]) -> Iterator[float]:
        width = len(self.places)
        for at in range(0, len(values), width + 1):
            yield from self.sums(values[at : at + width])
            yield values[at + width]
