"""Draws a story: the loss of a model left alone and of the watched one, and what happened when."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Any, Final

from perennial.report.svg import Scale, ticks

from examples.story.episodes import Episode, episodes

Document = dict[str, Any]
Points = Sequence[dict[str, float]]

_WIDTH: Final = 960.0
_LEFT, _RIGHT, _TOP = 76.0, 20.0, 84.0
_PLOT: Final = 300.0  # height of the plot area
_FLOOR: Final = _TOP + _PLOT
_STRIP: Final = 18.0  # height of the strip of versions
_LEGEND: Final = _FLOOR + 92.0
_LINE: Final = 18.0  # height of a line of the legend
_LETTERS: Final = 125  # of a line of the legend
_APART: Final = 19.0  # the least between the middles of two numbers
_ROOM: Final = 20.0  # that a version's name needs
_CSS: Final = """
svg{background:#fff;font:12px system-ui,sans-serif;fill:#222}
.grid{stroke:#e4e4e4}.axis{stroke:#888}
.alone{fill:none;stroke:#8a8a8a;stroke-width:2;stroke-dasharray:6 4}
.watched{fill:none;stroke:#1667c2;stroke-width:2.5}
.title{font-size:15px;font-weight:600}.quiet{fill:#666}
.found .mark{fill:#b86e00}.served .mark{fill:#18794e}.harm .mark{fill:#b3261e}
.number{fill:#fff;font-size:11px;font-weight:600}
.found .span{fill:#b86e00}.served .span{fill:#18794e}.harm .span{fill:#b3261e}.span{opacity:.14}
.lead{stroke:#999;stroke-width:.8}
.term{fill:#d6e4f5;stroke:#fff}.bad{fill:#f3c6c2}.name{font-size:11px}
@media (prefers-color-scheme:dark){svg{background:#16181c;fill:#ddd}.grid{stroke:#2c2f36}
.alone{stroke:#999}.watched{stroke:#6cb0ff}.quiet{fill:#999}.span{opacity:.3}
.term{fill:#26405f;stroke:#16181c}.bad{fill:#6b2723}}
"""
_MEANS: Final = {
    "served": "a new version comes",
    "harm": "a bad one goes",
    "found": "nothing new comes",
}


def draw(document: Document) -> str:
    """The story as an SVG that stands alone."""
    first, rows = float(document["first_rows"]), float(document["rows"])
    x = Scale(first, rows, _LEFT, _WIDTH - _RIGHT)
    lines = document["alone"], document["watched"]
    top = 1.08 * max((point["loss"] for line in lines for point in line), default=1.0)
    y = Scale(0.0, top, _FLOOR, _TOP)
    chains = [one for one in episodes(document["events"], document["stages"]) if one.row >= first]
    legend = list(_legend(chains))
    parts = [
        *_head(document, chains),
        *_axes(document, x, y),
        *_marks(chains, x),
        _line(document["alone"], x, y, "alone"),
        _line(document["watched"], x, y, "watched"),
        *_strip(document["in_service"], x),
        *legend,
    ]
    height = _LEGEND + _LINE * sum(len(_wrapped(one)) for one in chains)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" role="img" '
        f'aria-label="{escape(_title(document))}"><style>{_CSS}</style>{"".join(parts)}</svg>\n'
    )


def _title(document: Document) -> str:
    mean = document["mean"]
    return (
        f"{document['model']}: mean {_metric(document)} {mean['alone']:.3g} left alone, "
        f"{mean['watched']:.3g} watched; {document['requests']:,} requests, "
        f"{document['failed_requests']} failed"
    )


def _metric(document: Document) -> str:
    """What is drawn, with its unit where it has one."""
    name = str(document["metric"])
    return {"mae": "absolute error", "log_loss": "log loss"}.get(name, name.replace("_", " "))


def _head(document: Document, chains: Sequence[Episode]) -> Iterator[str]:
    yield _text(_LEFT, 20, _title(document), "title", "start")
    yield f'<path class="alone" d="M{_LEFT} 38h30"/>'
    yield _text(_LEFT + 36, 42, "version 1, left alone", "", "start")
    yield f'<path class="watched" d="M{_LEFT + 170} 38h30"/>'
    yield _text(_LEFT + 206, 42, "watched: whichever version answered", "", "start")
    at = _LEFT + 470
    for kind in sorted({one.kind for one in chains}, key=list(_MEANS).index):
        yield f'<g class="{kind}"><circle class="mark" cx="{at}" cy="38" r="5"/></g>'
        yield _text(at + 9, 42, _MEANS[kind], "", "start")
        at += 26 + 6.4 * len(_MEANS[kind])


def _axes(document: Document, x: Scale, y: Scale) -> Iterator[str]:
    for tick in ticks(y.low, y.high, 5):
        yield f'<path class="grid" d="M{_LEFT} {y(tick):.1f}H{_WIDTH - _RIGHT}"/>'
        yield _text(_LEFT - 6, y(tick) + 4, f"{tick:g}", "", "end")
    for tick in ticks(x.low, x.high, 7):
        yield f'<path class="axis" d="M{x(tick):.1f} {_FLOOR + _STRIP + 8}v5"/>'
        yield _text(x(tick), _FLOOR + _STRIP + 26, f"{tick:,.0f}", "", "middle")
    yield f'<path class="axis" d="M{_LEFT} {_FLOOR:.1f}H{_WIDTH - _RIGHT}"/>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    where = "row of the data, in order of time"
    yield _text(middle, _FLOOR + _STRIP + 44, where, "quiet", "middle")
    across = (_TOP + _FLOOR) / 2
    title = f"mean {_metric(document)} of each point"
    yield (
        f'<text class="quiet" text-anchor="middle" '
        f'transform="translate(16 {across}) rotate(-90)">{escape(title)}</text>'
    )


def _marks(chains: Sequence[Episode], x: Scale) -> Iterator[str]:
    """A band for each chain, and its number above; numbers that would touch are moved aside."""
    high, last = _TOP - 16, 0.0
    for number, one in enumerate(chains, 1):
        begin, end = x(one.row), x(one.last)
        wide, last = max(end - begin, 3.0), max((begin + end) / 2, last + _APART)
        yield f'<g class="{one.kind}"><title>{escape(one.sentence)}</title>'
        yield f'<rect class="span" x="{begin:.1f}" y="{_TOP}" width="{wide:.1f}" height="{_PLOT}"/>'
        yield f'<path class="lead" d="M{begin + wide / 2:.1f} {_TOP}L{last:.1f} {high + 8}"/>'
        yield _numbered(number, last, high) + "</g>"


def _strip(terms: Sequence[dict[str, Any]], x: Scale) -> Iterator[str]:
    """Which version was in service when."""
    at = _FLOOR + 4
    yield _text(_LEFT - 6, at + 13, "in service", "quiet", "end")
    ends = [*(float(after["row"]) for _, after in pairwise(terms)), x.high]
    for term, end in zip(terms, ends, strict=True):
        begin, width = x(max(float(term["row"]), x.low)), x(end)
        width -= begin
        if width <= 0:
            continue
        css = "term bad" if term["taken_back"] else "term"
        name = f"version {term['version']}"
        yield f'<g><title>{name}</title><rect class="{css}" x="{begin:.1f}" y="{at}" '
        yield f'width="{width:.1f}" height="{_STRIP}"/></g>'
        if width >= _ROOM:
            yield _text(begin + width / 2, at + 13, f"v{term['version']}", "name", "middle")


def _line(points: Points, x: Scale, y: Scale, css: str) -> str:
    """A chunk's loss is drawn at its middle, so that both lines compare."""
    rows = [point["row"] for point in points]
    ends = [*rows[1:], x.high]
    path = " ".join(
        f"{x((row + end) / 2):.1f},{y(point['loss']):.1f}"
        for row, end, point in zip(rows, ends, points, strict=True)
    )
    return f'<polyline class="{css}" points="{path}"/>'


def _legend(chains: Sequence[Episode]) -> Iterator[str]:
    at = _LEGEND
    for number, one in enumerate(chains, 1):
        yield f'<g class="{one.kind}">{_numbered(number, _LEFT, at - 4)}</g>'
        for line in _wrapped(one):
            yield _text(_LEFT + 16, at, line, "", "start")
            at += _LINE


def _wrapped(chain: Episode) -> list[str]:
    return textwrap.wrap(chain.sentence, _LETTERS)


def _numbered(number: int, x: float, y: float) -> str:
    circle = f'<circle class="mark" cx="{x:.1f}" cy="{y}" r="8"/>'
    return circle + _text(x, y + 4, str(number), "number", "middle")


def _text(x: float, y: float, text: str, css: str, anchor: str) -> str:
    return (
        f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )
