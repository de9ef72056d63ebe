from __future__ import annotations

import re
from html.parser import HTMLParser

from perennial.report import (
    Callout,
    Card,
    Fact,
    Figure,
    Grid,
    Kind,
    Page,
    Section,
    Table,
    Text,
    Verdict,
    bars,
    render,
)

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Outline(HTMLParser):
    """Checks that tags nest, and remembers headings."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def full_page() -> Page:
    chart = bars(["a"], [1], title="t")
    return Page(
        title="Evaluation",
        subtitle="run 1",
        verdict=Verdict(Kind.BAD, "Rejected", "too few rows"),
        facts=[Fact("rows", "10", "of 100")],
        sections=[
            Section(
                "First part",
                [Text("words"), Callout(Kind.WARNING, "careful"), Figure(chart, "a chart")],
                lead="what it is",
            ),
            Section("Table", [Table(["name", "rows"], [["x", "1"]], "caption", frozenset({1}))]),
            Section("Grid", [Grid([Card("age", [Fact("n", "1")], chart, [(Kind.GOOD, "ok")])])]),
        ],
        footer="made by hand",
    )


def test_every_block_is_rendered_and_tags_nest() -> None:
    outline = Outline()
    html = render(full_page())
    outline.feed(html)
    assert outline.open == []
    assert outline.seen.count("svg") == 2
    for words in ("words", "careful", "a chart", "what it is", "caption", "age", "too few rows"):
        assert words in html


def test_the_page_needs_no_network_and_no_script() -> None:
    html = render(full_page())
    assert "<script" not in html
    references = re.findall(r"(?:href|src|url\()=?[\"']?([^\"')\s]+)", html)
    assert all(reference.startswith("#") for reference in references), references


def test_the_page_can_be_read_in_the_dark_and_printed() -> None:
    html = render(full_page())
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_links_of_the_navigation_lead_to_headings() -> None:
    html = render(full_page())
    for fragment in re.findall(r'<a href="#([^"]+)"', html):
        assert f'id="{fragment}"' in html


def test_text_cannot_break_out_of_the_page() -> None:
    html = render(Page("<b>x</b>", sections=[Section("<i>", [Text("<script>")])]))
    assert "<script>" not in html
    assert "<b>x" not in html
