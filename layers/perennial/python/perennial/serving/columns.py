"""What a protocol hands to an engine: rows, or the same by column."""

from __future__ import annotations

from perennial.features.columns import Columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.features.columns import Table

__all__ = ["Columns", "Table"]
