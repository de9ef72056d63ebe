"""A console that sends no control characters but its own.

Names of files, columns and values come from whoever uploads a file, and a terminal obeys what
stands in them. Imported when something is shown: Rich takes its time.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_SHOWN = {
    code: "\N{REPLACEMENT CHARACTER}"
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\n\t"
}


class HarmlessConsole(Console):
    """Shows that there is a control character in what it is given, instead of sending it."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The pieces of text to write, with their styles; the console's own commands stay."""
        for one in super().render(renderable, options):
            yield one if one.control else Segment(one.text.translate(_SHOWN), one.style)
