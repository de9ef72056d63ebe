"""Renders a report as one HTML document."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from perennial.report.blocks import Block, Card, Page

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).parent / "templates"


def render(page: Page) -> str:
    """The page as a document that stands alone: no script, no network, no font to fetch."""
    return _template().render(page=page)


@cache
def _template() -> Template:
    # 60 ms: only who renders pays.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["anchor"] = _anchor
    environment.tests["block"] = _is_block
    return environment.get_template("page.html.j2")


def _anchor(title: str) -> str:
    """A heading as the fragment of a link."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _is_block(block: Block | Card, name: str) -> bool:
    """Whether a block is of the type of this name; jinja has no `isinstance`."""
    return type(block).__name__ == name
