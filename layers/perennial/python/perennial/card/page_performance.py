"""The sections of a card about how well a version does, for whom, and why it says what it says."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from perennial.card.record import Card, Explained
from perennial.evaluation.plots import plots
from perennial.evaluation.record import Comparison, Interval
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
    share,
    short,
)
from perennial.report.swarm import Swarm, swarms

SHOWN = 15  # features in the pictures


def span(intervals: Mapping[str, Interval], name: str) -> str:
    """The interval of a metric, in words."""
    bounds = intervals.get(name)
    return f"{short(bounds.low, 3)} to {short(bounds.high, 3)}" if bounds else ""


def performance(card: Card) -> Section:
    """Metrics with intervals beside the baseline and the champion, and the plots."""
    found = card.evaluation
    others = [found.baseline, *([found.champion] if found.champion else [])]
    rows = [
        [name, short(reached), span(found.intervals, name)]
        + [short(other.metrics.get(name)) for other in others]
        for name, reached in found.metrics.items()
    ]
    headers = ["Metric", "This version", "95 % interval", *(other.name for other in others)]
    figures = list(plots(found))
    blocks: list[Block] = [
        Table(headers, rows, numeric=frozenset(range(1, len(headers)))),
        *(_difference(card, other) for other in others),
        *([Grid(figures)] if figures else []),
    ]
    lead = f"On {count(found.rows)} held-out rows that fitting never saw; intervals by bootstrap."
    return Section("Performance", blocks, lead)


def _difference(card: Card, other: Comparison) -> Callout:
    """Whether it is better than another, by more than chance."""
    metric, difference = card.evaluation.primary_metric, other.difference
    if difference is None or difference.interval is None:
        told = f"{metric.value}: the difference to the {other.name} is not defined."
        return Callout(Kind.NOTE, told)
    low, high = difference.interval.low, difference.interval.high
    better = low > 0 if metric.higher_is_better else high < 0
    worse = high < 0 if metric.higher_is_better else low > 0
    word = "Better than" if better else "Worse than" if worse else "Not told apart from"
    text = f"{word} the {other.name}: {metric.value} differs by {short(difference.value, 3)}"
    text += f", 95 % interval {short(low, 3)} to {short(high, 3)}."
    return Callout(Kind.GOOD if better else Kind.BAD if worse else Kind.NOTE, text)


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
            short(one.reached, 3),
            f"{short(one.interval.low, 3)} to {short(one.interval.high, 3)}"
            if one.interval
            else "",
            "worse than the whole" if one.worse else "",
        ]
        for one in found.worst
    ]
    metric = card.evaluation.primary_metric.value
    table = Table(
        ["Column", "Value", "Rows", metric, "interval, for all slices together", ""],
        rows,
        numeric=frozenset({2, 3}),
    )
    lead = (
        f"The {len(rows)} worst of {count(found.looked_at)} slices of {count(found.rows)} held-out "
        f"rows. {metric} of the whole: {short(card.evaluation.metrics.get(metric), 3)}."
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
    blocks.append(_table(top))
    lead = f"{found.method}, over {count(found.rows)} held-out rows."
    return Section("Explanation", blocks, lead)


def _bars(features: tuple[Explained, ...], unit: str) -> Markup:
    return bars(
        [one.feature for one in features],
        [one.mean_absolute for one in features],
        title="Mean contribution of each feature",
        value_label=f"mean contribution, {unit}",
    )


def _table(features: tuple[Explained, ...]) -> Table:
    return Table(
        ["Feature", "Mean contribution", "Share", "More of it means"],
        [
            [one.feature, short(one.mean_absolute, 3), share(one.share), _meaning(one.direction)]
            for one in features
        ],
        numeric=frozenset({1, 2}),
    )


def _meaning(direction: float | None) -> str:
    if direction is None:
        return ""
    if abs(direction) < 0.3:
        return "no clear direction"
    return "more" if direction > 0 else "less"
