"""Rows given column by column, as some protocols send them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[Mapping[str, object]]


class Columns:
    """The values of each feature, row after row; the alternative to a list of rows.

    `values` maps names to lists of `count` values each; whoever makes one has checked that.
    """

    __slots__ = ("count", "values")

    def __init__(self, values: Mapping[str, Sequence[object]], count: int) -> None:
        self.values = values
        self.count = count

    def __len__(self) -> int:
        """Rows."""
        return self.count


if TYPE_CHECKING:
    Table = Rows | Columns
