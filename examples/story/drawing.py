"""Draws a story: the loss of a model left alone and of the watched one, and what happened when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from perennial.report.svg import Scale, ticks

Document = dict[str, Any]
Points = Sequence[dict[str, float]]

_WIDTH: Final = 960.0
_LEFT, _RIGHT, _TOP = 60.0, 20.0, 58.0
_PLOT: Final = 330.0  # height of the plot area
_LINE: Final = 17.0  # height of a line of the legend
_CSS: Final = """
svg{background:#fff;font:12px system-ui,sans-serif;fill:#222}
.grid{stroke:#ddd}.axis{stroke:#888}.event{stroke:#999;stroke-dasharray:2 3}
.alone{fill:none;stroke:#9a9a9a;stroke-width:2}.watched{fill:none;stroke:#1667c2;stroke-width:2.5}
.title{font-size:15px;font-weight:600}.mark{fill:#444}.number{fill:#fff;font-size:10px}
.operator .mark{fill:#b3261e}.finding .mark{fill:#b86e00}.promoted .mark{fill:#18794e}
.quiet{fill:#666}
@media (prefers-color-scheme:dark){svg{background:#16181c;fill:#ddd}.grid{stroke:#333}
.alone{stroke:#888}.watched{stroke:#6cb0ff}.mark{fill:#aaa}.number{fill:#16181c}.quiet{fill:#999}}
"""
# What is marked: kind of event, and what it is called. Other events are in `story.json`.
_MARKED: Final = {
    "finding": "finding",
    "retraining_ordered": "",
    "retraining_failed": "",
    "rollout_began": "",
    "rollout_step": "",
    "rollout_ended": "promoted",
    "rolled_back": "promoted",
    "operator": "operator",
    "automation_halted": "operator",
}
_NEAR: Final = 13.0  # marks closer than that many units are one


@dataclass
class _Mark:
    """A place on the time axis where something happened."""

    x: float
    css: str
    texts: list[str] = field(default_factory=list)


def draw(document: Document) -> str:
    """The story as an SVG that stands alone."""
    lines = document["alone"], document["watched"]
    last = float(document["rows"])
    x = Scale(float(document["first_rows"]), last, _LEFT, _WIDTH - _RIGHT)
    top = 1.08 * max((point["loss"] for line in lines for point in line), default=1.0)
    y = Scale(0.0, top, _TOP + _PLOT, _TOP)
    marks = _marks(document["events"], x)
    height = _TOP + _PLOT + 52 + _LINE * sum(len(mark.texts) for mark in marks)
    parts = [
        *_frame(document, x, y),
        *(part for place, mark in enumerate(marks, 1) for part in _mark(place, mark)),
        _line(document["alone"], x, y, "alone"),
        _line(document["watched"], x, y, "watched"),
        *_legend(marks),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" role="img" '
        f'aria-label="{escape(_title(document))}"><style>{_CSS}</style>{"".join(parts)}</svg>\n'
    )


def _title(document: Document) -> str:
    mean = document["mean"]
    name = str(document["metric"]).replace("_", " ")
    return (
        f"{document['model']}: mean {name} {mean['alone']:.2f} left alone, "
        f"{mean['watched']:.2f} watched; {document['requests']:,} requests, "
        f"{document['failed_requests']} failed"
    )


def _frame(document: Document, x: Scale, y: Scale) -> Iterator[str]:
    name = str(document["metric"]).replace("_", " ")
    yield _text(_LEFT, 20, _title(document), "title", "start")
    yield f'<path class="alone" d="M{_LEFT} 38h26"/>'
    yield _text(_LEFT + 32, 42, "version 1, left alone", "", "start")
    yield f'<path class="watched" d="M{_LEFT + 190} 38h26"/>'
    yield _text(_LEFT + 222, 42, "watched: whichever version answered", "", "start")
    for tick in ticks(y.low, y.high, 5):
        yield f'<path class="grid" d="M{_LEFT} {y(tick):.1f}H{_WIDTH - _RIGHT}"/>'
        yield _text(_LEFT - 6, y(tick) + 4, f"{tick:g}", "", "end")
    floor = y(0.0)
    for tick in ticks(x.low, x.high, 7):
        yield _text(x(tick), floor + 30, f"{tick:,.0f}", "", "middle")
    yield f'<path class="axis" d="M{_LEFT} {floor:.1f}H{_WIDTH - _RIGHT}"/>'
    yield _text(_WIDTH / 2, floor + 46, "row of the data, in order of time", "quiet", "middle")
    yield _text(_LEFT - 6, _TOP - 6, name, "quiet", "end")


def _marks(happened: Sequence[dict[str, Any]], x: Scale) -> list[_Mark]:
    marks: list[_Mark] = []
    for event in happened:
        if event["kind"] not in _MARKED or event["row"] < x.low:
            continue
        place, text = x(float(event["row"])), f"row {event['row']:,}: {event['what']}"
        if marks and abs(place - marks[-1].x) < _NEAR:
            marks[-1].texts.append(text)
            continue
        marks.append(_Mark(place, _MARKED[event["kind"]], [text]))
    return marks


def _mark(place: int, mark: _Mark) -> Iterator[str]:
    floor = _TOP + _PLOT
    yield f'<path class="event" d="M{mark.x:.1f} {_TOP}V{floor}"/>'
    tip = escape("; ".join(mark.texts))
    yield f'<g class="{mark.css}"><title>{tip}</title>'
    yield f'<circle class="mark" cx="{mark.x:.1f}" cy="{floor + 9}" r="7"/>'
    yield _text(mark.x, floor + 12.5, str(place), "number", "middle") + "</g>"


def _line(points: Points, x: Scale, y: Scale, css: str) -> str:
    """Steps: a chunk's loss is drawn at its middle, so that both lines compare."""
    rows = [point["row"] for point in points]
    ends = [*rows[1:], x.high]
    path = " ".join(
        f"{x((row + end) / 2):.1f},{y(point['loss']):.1f}"
        for row, end, point in zip(rows, ends, points, strict=True)
    )
    return f'<polyline class="{css}" points="{path}"/>'


def _legend(marks: Sequence[_Mark]) -> Iterator[str]:
    at = _TOP + _PLOT + 64
    for place, mark in enumerate(marks, 1):
        yield f'<g class="{mark.css}"><circle class="mark" cx="{_LEFT + 6}" cy="{at - 4}" r="7"/>'
        yield _text(_LEFT + 6, at - 0.5, str(place), "number", "middle") + "</g>"
        for text in mark.texts:
            yield _text(_LEFT + 20, at, text, "", "start")
            at += _LINE


def _text(x: float, y: float, text: str, css: str, anchor: str) -> str:
    return (
        f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )
