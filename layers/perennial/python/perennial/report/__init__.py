"""Building blocks of self-contained HTML reports: inline SVG charts and one page skeleton.

A report is a `Page` of `Section`s of blocks; `render` makes one HTML document of it that needs
no network, no script and no font, follows the reader's light or dark setting, and prints.

    page = Page(
        title="Evaluation of bank", subtitle="run 3f2a...", verdict=Verdict(Kind.GOOD, "Passed"),
        facts=[Fact("ROC AUC", "0.801", "champion 0.794")],
        sections=[Section("Ranking", [Grid([Figure(lines([Series("ROC", points)], ...), "...")])])],
    )
    html = render(page)
"""

from perennial.report.blocks import (
    Block,
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
)
from perennial.report.charts import bars, histogram
from perennial.report.curves import Series, calibration, lines
from perennial.report.numbers import count, measure, probability, share, short, span
from perennial.report.page import render
from perennial.report.parallel import Line, parallel
from perennial.report.traces import traces

__all__ = [
    "Block",
    "Callout",
    "Card",
    "Fact",
    "Figure",
    "Grid",
    "Kind",
    "Line",
    "Page",
    "Section",
    "Series",
    "Table",
    "Text",
    "Verdict",
    "bars",
    "calibration",
    "count",
    "histogram",
    "lines",
    "measure",
    "parallel",
    "probability",
    "render",
    "share",
    "short",
    "span",
    "traces",
]
