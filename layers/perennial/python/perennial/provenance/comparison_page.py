"""A comparison of two runs as a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perennial.provenance.changes import Change
from perennial.provenance.comparison import Comparison, Measured, verdict, winner
from perennial.provenance.side import Document
from perennial.report import (
    Block,
    Callout,
    Fact,
    Kind,
    Page,
    Section,
    Table,
    Text,
    Verdict,
    count,
    measure,
    render,
)

_SHIFTS = 20  # shown


def comparison_page(found: Comparison) -> str:
    """The comparison as one HTML document."""
    first, second = found.first["name"], found.second["name"]
    decided = winner(found.paired, first, second)
    page = Page(
        title=f"{found.model}: {first} and {second}",
        subtitle="What went in, what came out, and what it took",
        verdict=Verdict(
            Kind.GOOD if decided else Kind.NOTE, "Row by row.", verdict(found.paired, first, second)
        ),
        facts=list(_facts(found)),
        sections=[one for one in _sections(found) if one.blocks],
        footer=f"Artifacts {found.first['artifact_digest']} and {found.second['artifact_digest']}.",
    )
    return render(page)


def _facts(found: Comparison) -> Iterator[Fact]:
    for side in (found.first, found.second):
        seconds = sum(side["seconds"].values())
        hint = f"{seconds:,.0f} s, {side['dollars']:.4f} $"
        yield Fact(side["name"], side["algorithm"] or side["status"].lower(), hint)


def _sections(found: Comparison) -> Iterator[Section]:
    names = [found.first["name"], found.second["name"]]
    yield Section("Metrics", list(_metrics(found, names)), "Each on its own held-out rows.")
    spec = [_changed(one) for one in found.spec]
    yield Section("Spec", [Table(["field", *names], spec)] if spec else [Text("The same.")])
    ranked = sorted(found.parameters, key=lambda one: one.first == one.second)
    used = [[*_changed(one), "" if one.first == one.second else "differs"] for one in ranked]
    lead = "As used, defaults included."
    yield Section("Parameters", [Table(["parameter", *names, ""], used)] if used else [], lead)
    yield Section("Data", list(_data(found, names)))
    yield Section("Gates", [Table(["run", "gate", "held"], list(_gates(found)))])
    yield Section("Time and cost", [_taken(found, names)])
    other = [[one.what, one.then or "none", one.now or "none"] for one in found.environment]
    same = Text("The same code, libraries, image and processor.")
    yield Section("Environment", [Table(["input", *names], other)] if other else [same])


def _metrics(found: Comparison, names: list[str]) -> Iterator[Block]:
    rows = [
        [one.name, *_reached(one), {"first": names[0], "second": names[1]}.get(one.better, "")]
        for one in found.metrics
    ]
    headers = ["metric", names[0], "95 % interval", names[1], "95 % interval", "better"]
    if rows:
        yield Table(headers, rows, numeric=frozenset({1, 3}))
    if found.paired.difference is not None:
        yield Callout(Kind.NOTE, f"Row by row: {found.paired.note}.")
    if not found.data["same"]:
        text = "Their held-out rows are of different datasets: mind what the data did to them."
        yield Callout(Kind.NOTE, text)


def _reached(one: Measured) -> list[str]:
    spans = [
        f"{measure(bounds[0])} to {measure(bounds[1])}" if bounds else ""
        for bounds in (one.first_interval, one.second_interval)
    ]
    return [measure(one.first), spans[0], measure(one.second), spans[1]]


def _changed(one: Change) -> list[str]:
    return [one.path, _text(one.first), _text(one.second)]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _data(found: Comparison, names: list[str]) -> Iterator[Block]:
    sides = [found.data["first"], found.data["second"]]
    rows = [
        ["rows", *("" if one["rows"] is None else count(one["rows"]) for one in sides)],
        ["digest", *((one["digest"] or "")[:16] for one in sides)],
    ]
    yield Table(["dataset", *names], rows)
    if found.data["same"]:
        yield Text("One and the same dataset.")
    elif found.shifts:
        moved = [[one.column, one.sentence] for one in found.shifts[:_SHIFTS]]
        yield Table(["column", "what moved"], moved, caption="The largest shifts first")
    else:
        yield Text("No column is noticeably another.")


def _gates(found: Comparison) -> Iterator[list[str]]:
    for side in (found.first, found.second):
        for gate in side["gates"]:
            yield [side["name"], gate["sentence"], "yes" if gate["passed"] else "NO"]


def _taken(found: Comparison, names: list[str]) -> Table:
    sides: list[Document] = [found.first, found.second]
    steps = list(dict.fromkeys(step for side in sides for step in side["seconds"]))
    rows = [[step, *(_seconds(side["seconds"].get(step)) for side in sides)] for step in steps]
    rows.append(["together", *(_seconds(sum(side["seconds"].values())) for side in sides)])
    rows.append(["cost", *(f"{side['dollars']:.4f} $" for side in sides)])
    return Table(["step", *names], rows, numeric=frozenset({1, 2}))


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f} s"
