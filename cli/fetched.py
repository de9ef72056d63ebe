"""A document with its page, once both lie on this machine, and how they are shown."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import project, terminal

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, slots=True)
class Fetched:
    """What programs read, and what people open.

    Attributes:
        document: the content of the JSON file.
        page: the HTML file, with its plots.
    """

    document: dict[str, Any]
    page: Path


def present(
    found: Fetched,
    lines: Iterable[RenderableType],
    *,
    called: str,
    save: Path | None = None,
    open_page: bool = False,
    json_output: bool = False,
) -> None:
    """Show a document; with `save` its page goes there, too.

    Args:
        found: document and page.
        lines: the document for people; not asked for with `json_output`.
        called: what the page is, before its path.
        save: where else the page goes.
        open_page: whether a browser opens it.
        json_output: whether a program reads what is shown.
    """
    if save is not None:
        save.parent.mkdir(parents=True, exist_ok=True)
        save.write_bytes(found.page.read_bytes())
    page = save or found.page
    if json_output:
        terminal.emit(found.document)
    else:
        terminal.show(*lines)
        terminal.show("", f"{called:<10}{project.current().shown(page)}")
    if open_page:
        webbrowser.open(page.resolve().as_uri())
