"""Tables that fit the terminal: where one is too wide for it, its rows stand below each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

_GAP = 3  # between columns
_FOLDED = 24  # the least that a column of long texts is folded to


@dataclass(frozen=True, slots=True)
class Fitting:
    """A table without lines, as wide as the terminal at most.

    Its widest column is folded where that is enough. Otherwise every row becomes a few lines, a
    name and a value each, and what is empty is left out: of columns that are a few characters
    wide nobody can read or copy anything.

    Attributes:
        headings: those that end in `>` are right-aligned.
        rows: texts; names with brackets are no markup.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, or its rows below each other."""
        widths = self._widths()
        widest = max(widths, default=0)
        needed = sum(widths) - widest + min(widest, _FOLDED) + _GAP * (len(widths) - 1)
        if needed <= options.max_width:
            yield self._table(widths)
        else:
            yield from self._below_each_other()

    def _names(self) -> list[str]:
        return [heading.rstrip(">") for heading in self.headings]

    def _widths(self) -> list[int]:
        return [
            max(map(cell_len, column)) for column in zip(self._names(), *self.rows, strict=True)
        ]

    def _table(self, widths: Sequence[int]) -> Table:
        grid = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
        folds = widths.index(max(widths)) if widths else 0
        for place, (heading, name) in enumerate(zip(self.headings, self._names(), strict=True)):
            grid.add_column(
                name,
                justify="right" if heading.endswith(">") else "left",
                overflow="fold",
                min_width=None if place == folds else widths[place],
            )
        for row in self.rows:
            grid.add_row(*map(Text, row))
        return grid

    def _below_each_other(self) -> Iterator[Table | Text]:
        for place, row in enumerate(self.rows):
            if place:
                yield Text("")
            grid = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), show_header=False)
            grid.add_column(style="dim", min_width=max(map(len, self._names())), no_wrap=True)
            grid.add_column(overflow="fold")
            for name, cell in zip(self._names(), row, strict=True):
                if cell:
                    grid.add_row(Text(name), Text(cell))
            yield grid
