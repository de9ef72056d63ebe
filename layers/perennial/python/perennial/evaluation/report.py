"""`evaluation.html`: what a person wants to know of a candidate, in the order they ask."""

from __future__ import annotations

from collections.abc import Iterator

from perennial.evaluation import fairness_report
from perennial.evaluation.inputs import Training
from perennial.evaluation.metric_blocks import gate, kind_of, metric_blocks
from perennial.evaluation.plots import plots
from perennial.evaluation.record import Evaluation, Tuned
from perennial.evaluation.search_section import Search, search_sections
from perennial.evaluation.selection import selection_sections
from perennial.report import (
    Block,
    Callout,
    Fact,
    Figure,
    Grid,
    Kind,
    Page,
    Section,
    Series,
    Table,
    Verdict,
    bars,
    count,
    lines,
    measure,
    render,
    span,
)

FEATURES_SHOWN = 20
CLASSES_SHOWN = 15


def report(found: Evaluation, training: Training, search: Search | None = None) -> str:
    """The report as one HTML document."""
    passed = found.outcome == "PASSED"
    headline = "Passed its gates." if passed else "Kept out by a gate."
    sections = [
        _metrics(found),
        _gates(found),
        *fairness_report.sections(found.fairness),
        _plots(found),
        *_of_training(training),
        *search_sections(search),
    ]
    page = Page(
        title=f"Evaluation of {found.model}",
        subtitle=f"Run {found.run_id}, {found.algorithm}",
        verdict=Verdict(Kind.GOOD if passed else Kind.BAD, headline, found.reason),
        facts=list(_facts(found)),
        sections=[section for section in sections if section.blocks],
        footer=f"Artifact {found.artifact_digest}. Dataset {found.dataset_digest}.",
    )
    return render(page)


def _facts(found: Evaluation) -> Iterator[Fact]:
    name = found.primary_metric.value
    yield Fact(name, measure(found.metrics.get(name)), span(found.intervals.get(name)))
    yield Fact("naive baseline", measure(found.baseline.metrics.get(name)))
    if found.champion:
        yield Fact(found.champion.name, measure(found.champion.metrics.get(name)))
    yield Fact("held-out rows", count(found.rows))


def _metrics(found: Evaluation) -> Section:
    blocks = metric_blocks(found, ("metric", "candidate"))
    if found.tuning is not None:
        blocks.append(_tuning(found.tuning))
    if found.unanswerable:
        text = f"The candidate refuses {count(found.unanswerable)} held-out rows."
        blocks.append(Callout(Kind.WARNING, text))
    if found.champion_note:
        note = found.champion_note
        blocks.append(Callout(Kind.NOTE, f"{note[:1].upper()}{note[1:]}."))
    lead = "On rows the model never saw. Intervals by bootstrap over these rows."
    return Section("Metrics", blocks, lead)


def _tuning(tuned: Tuned) -> Callout:
    text = tuned.sentence[:1].upper() + tuned.sentence[1:] + "."
    difference = tuned.comparison and tuned.comparison.difference
    return Callout(kind_of(difference, tuned.metric) if difference else Kind.NOTE, text)


def _gates(found: Evaluation) -> Section:
    blocks = [gate(result) for result in found.gate_results]
    return Section("Gates", blocks, "All of them must hold for a version to be registered.")


def _plots(found: Evaluation) -> Section:
    figures = list(plots(found))
    blocks: list[Block] = [Grid(figures)] if figures else []
    return Section("How it errs", [*blocks, *_confusion(found)])


def _confusion(found: Evaluation) -> Iterator[Table]:
    """Which labels are taken for which; of very many classes nobody reads that."""
    rows, labels = found.detail.confusion, found.labels
    if rows is None or labels is None or len(labels) > CLASSES_SHOWN:
        return
    at = f", positive from {measure(found.threshold)} on" if found.threshold is not None else ""
    done = found.fairness.mitigation if found.fairness else None
    if done is not None and done.goal is not None:
        at = f", by the threshold of each group by {done.column}"
    yield Table(
        ["true", *(f"given: {label}" for label in labels)],
        [[label, *map(count, line)] for label, line in zip(labels, rows, strict=True)],
        caption=f"Held-out rows by true and given label{at}",
        numeric=frozenset(range(1, len(labels) + 1)),
    )


def _of_training(training: Training) -> Iterator[Section]:
    if training.importances:
        ranked = sorted(training.importances.items(), key=lambda item: -item[1])[:FEATURES_SHOWN]
        chart = bars(
            [name for name, _ in ranked],
            [max(weight, 0.0) for _, weight in ranked],
            title="Importance of features",
            value_label="share of the gain",
        )
        yield Section("Features", [Grid([Figure(chart, "The features that contribute most.")])])
    yield from selection_sections(training.selection)
    curves = _curves(training)
    if curves:
        chart = lines(curves, title="Learning curve", x_label="round", y_label="loss")
        yield Section("Training", [Grid([Figure(chart, "Loss after each round.")])])


def _curves(training: Training) -> list[Series]:
    """One line for each number the learning curve notes, over the rounds or else their position."""
    names = dict.fromkeys(name for step in training.learning_curve for name in step)
    return [
        Series(
            name,
            [
                (step.get("round", n), step[name])
                for n, step in enumerate(training.learning_curve)
                if name in step
            ],
        )
        for name in names
        if name not in ("round", "iteration")
    ][:4]
