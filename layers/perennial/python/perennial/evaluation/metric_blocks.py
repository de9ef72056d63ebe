"""Metrics beside those of others, as the report of an evaluation and a card show them."""

from __future__ import annotations

from perennial.evaluation.record import Comparison, Difference, Evaluation, GateResult
from perennial.report import Block, Callout, Kind, Table, count, measure, span
from perennial.spec.metrics import Metric


def metric_blocks(found: Evaluation, headers: tuple[str, str]) -> list[Block]:
    """A table with baseline and champion, and for each of them what the difference amounts to.

    Args:
        found: the evaluation.
        headers: what the columns of names and of the metrics themselves are called.
    """
    others = [found.baseline, *([found.champion] if found.champion else [])]
    rows = [
        [name, measure(reached), span(found.intervals.get(name))]
        + [measure(other.metrics.get(name)) for other in others]
        for name, reached in found.metrics.items()
    ]
    titles = [*headers, "95 % interval", *(_column(found, other) for other in others)]
    table = Table(titles, rows, numeric=frozenset(range(1, len(titles))))
    return [table, *(difference_from(other, found.primary_metric) for other in others)]


def difference_from(other: Comparison, metric: Metric) -> Callout:
    """Whether it is better than the other, by more than chance, as a sentence."""
    found, rows = other.difference, f"on {count(other.rows)} rows"
    if found is None:
        text = f"Beside {other.name}: {metric.value} is not defined for both, {rows}."
        return Callout(Kind.WARNING, text)
    kind = kind_of(found, metric)
    verdict = {Kind.GOOD: "better", Kind.BAD: "worse"}.get(kind, "not told apart")
    text = f"Beside {other.name}: {verdict}. Difference in {metric.value} {measure(found.value)}"
    text += f", 95 % interval {span(found.interval)}" if found.interval else ""
    return Callout(kind, f"{text}, {rows}.")


def gate(result: GateResult) -> Callout:
    """What became of one gate."""
    kind, word = (Kind.GOOD, "Held") if result.passed else (Kind.BAD, "Missed")
    return Callout(kind, result.sentence, word)


def kind_of(difference: Difference, metric: Metric) -> Kind:
    """Good or bad news; none where the interval holds zero, or there is no interval."""
    bounds = difference.interval
    if bounds is None or bounds.low <= 0 <= bounds.high:
        return Kind.NOTE
    better = bounds.low > 0 if metric.higher_is_better else bounds.high < 0
    return Kind.GOOD if better else Kind.BAD


def _column(found: Evaluation, other: Comparison) -> str:
    """Its name, and on how many rows it was measured where those are not all."""
    return other.name if other.rows == found.rows else f"{other.name}, {count(other.rows)} rows"
