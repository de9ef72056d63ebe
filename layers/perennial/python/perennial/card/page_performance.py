"""The sections of a card about how well a version does, for whom, and why it says what it says."""

from __future__ import annotations

from markupsafe import Markup

from perennial.card.record import Card, Explained
from perennial.evaluation.metric_blocks import metric_blocks
from perennial.evaluation.plots import plots
from perennial.report import (
    Block,
    Callout,
    Figure,
    Grid,
    Kind,
    Section,
    Table,
    bars,
    count,
    measure,
    share,
    span,
)
from perennial.report.swarm import Swarm, swarms

SHOWN = 15  # features in the pictures


def performance(card: Card) -> Section:
    """Metrics with intervals beside the baseline and the champion, and the plots."""
    found = card.evaluation
    figures = list(plots(found))
    blocks = metric_blocks(found, ("Metric", "This version"))
    blocks += [Grid(figures)] if figures else []
    lead = f"On {count(found.rows)} held-out rows that fitting never saw; intervals by bootstrap."
    return Section("Performance", blocks, lead)


def slices(card: Card) -> Section:
    """Where it does worst."""
    found = card.slices
    if found is None:
        return Section("Slices", ())
    rows = [
        [
            one.column,
            one.value,
            count(one.rows),
            measure(one.reached, 3),
            span(one.interval, 3),
            "worse than the whole" if one.worse else "",
        ]
        for one in found.worst
    ]
    metric = card.evaluation.primary_metric.value
    whole = measure(card.evaluation.metrics.get(metric), 3)
    table = Table(
        ["Column", "Value", "Rows", metric, "interval for all slices", ""],
        rows,
        numeric=frozenset({2, 3}),
    )
    lead = (
        f"The {len(rows)} worst of {count(found.looked_at)} slices of {count(found.rows)} held-out "
        f"rows; numbers by quarters, the smallest first. {metric} of the whole: {whole}."
    )
    return Section("Slices", [table], lead)


def explanation(card: Card) -> Section:
    """What it pays attention to."""
    found = card.explanation
    if found is None:
        note = f"Not shown: {card.explanation_note}." if card.explanation_note else ""
        return Section("Explanation", [Callout(Kind.NOTE, note)] if note else [])
    top = found.features[:SHOWN]
    blocks: list[Block] = []
    swarm = [Swarm(one.feature, one.points) for one in top if one.points]
    if swarm:
        drawn = swarms(
            swarm,
            title="Contributions of features, row by row",
            x_label=f"contribution to the prediction, {found.unit}",
        )
        caption = (
            "Each point is a held-out row. Right of the line it raises the prediction. Blue: a "
            "small value, orange: a large one, grey: no number, or a value nobody may see."
        )
        blocks.append(Figure(drawn, caption))
    else:
        caption = "How much each feature moves the prediction on average."
        blocks.append(Grid([Figure(_bars(top, found.unit), caption)]))
    blocks.append(_table(top, found.unit))
    lead = f"{found.method}, over {count(found.rows)} held-out rows."
    return Section("Explanation", blocks, lead)


def _bars(features: tuple[Explained, ...], unit: str) -> Markup:
    return bars(
        [one.feature for one in features],
        [one.mean_absolute for one in features],
        title="Mean contribution of each feature",
        value_label=f"mean contribution, {unit}",
    )


def _table(features: tuple[Explained, ...], unit: str) -> Table:
    return Table(
        ["Feature", f"Mean contribution, {unit}", "Share", "A larger value"],
        [
            [one.feature, measure(one.mean_absolute, 3), share(one.share), _meaning(one.direction)]
            for one in features
        ],
        numeric=frozenset({1, 2}),
    )


def _meaning(direction: float | None) -> str:
    if direction is None:
        return ""
    if abs(direction) < 0.3:
        return "no clear direction"
    return "raises it" if direction > 0 else "lowers it"
