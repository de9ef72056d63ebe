"""The validation report a data scientist reads: verdict, problems, every column with a picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from perennial.data.order import Order
from perennial.data.outcome import Validation
from perennial.data.problems import Problem
from perennial.data.profile import CategoryProfile, NumberProfile, Profile
from perennial.report import (
    Block,
    Card,
    Fact,
    Grid,
    Kind,
    Page,
    Section,
    Table,
    Text,
    Verdict,
    bars,
    count,
    histogram,
    share,
    short,
)
from perennial.spec import FeatureType, ModelSpec

_MAXIMUM_BARS = 12


def validation_page(order: Order, spec: ModelSpec, validation: Validation) -> Page:
    """The report; columns the spec calls sensitive appear without any value."""
    sections = []
    if validation.errors:
        sections.append(Section("What keeps the data out", _problems(validation.errors)))
    if validation.warnings:
        sections.append(Section("Worth a look", _problems(validation.warnings)))
    if validation.profile is not None:
        sections += _columns(spec, validation.profile)
    accepted = validation.accepted
    headline = "Accepted." if accepted else "Rejected."
    reason = validation.reason or "the data fits the spec"
    return Page(
        title=f"Validation of data for {order.model}",
        subtitle=f"{order.source.key} · run {order.run_id}",
        verdict=Verdict(
            Kind.GOOD if accepted else Kind.BAD, headline, f"{reason[0].upper()}{reason[1:]}."
        ),
        facts=_facts(validation),
        sections=sections,
        footer=_footer(spec, validation),
    )


def _facts(validation: Validation) -> list[Fact]:
    facts = [Fact("Rows", count(validation.rows))]
    if validation.rows:
        repeated = share(validation.repeated_rows / validation.rows)
        facts.append(Fact("Rows that repeat another", count(validation.repeated_rows), repeated))
    source = validation.source
    if source is not None:
        form = source.format.value.upper() if source.format.value == "csv" else "Parquet"
        details = [source.delimiter, source.encoding and source.encoding.value.upper()]
        if source.compression.value != "none":
            details.append(source.compression.value)
        facts.append(Fact("Format", form, ", ".join(one for one in details if one)))
        if source.sha256 is not None:  # else it was not read to its end
            size = (
                f"{source.size / 1e6:,.1f} MB" if source.size >= 1e5 else f"{source.size:,} bytes"
            )
            facts.append(Fact("Size", size))
    facts.append(Fact("Errors", count(len(validation.errors))))
    facts.append(Fact("Warnings", count(len(validation.warnings))))
    return facts


def _footer(spec: ModelSpec, validation: Validation) -> str:
    parts = [f"Spec {spec.digest[:12]}"]
    if validation.snapshot is not None:
        parts.append(f"dataset {validation.snapshot.digest}")
    if validation.source is not None and validation.source.sha256 is not None:
        parts.append(f"uploaded bytes SHA-256 {validation.source.sha256}")
    return " · ".join(parts)


def _problems(problems: Sequence[Problem]) -> list[Block]:
    overview = Table(
        ["Column", "What", "Rows"],
        [[one.column or "whole file", one.message, count(one.count)] for one in problems],
        numeric=frozenset({2}),
    )
    return [overview, *(_examples(one) for one in problems if one.examples)]


def _examples(problem: Problem) -> Table:
    by_line = any(example.line for example in problem.examples)
    of = f"{problem.column}: " if problem.column else ""
    shown = len(problem.examples)
    caption = f"{of}{problem.message}" + (
        f"; the first {shown} of {count(problem.count)}" if problem.count > shown else ""
    )
    return Table(
        ["Line" if by_line else "Row", "Value"],
        [
            [
                count(example.line or example.row),
                "(not shown)" if example.value is None else example.value,
            ]
            for example in problem.examples
        ],
        caption,
        frozenset({0}),
    )


def _columns(spec: ModelSpec, profile: Profile) -> list[Section]:
    target = _card(spec.target, "target", profile.target, spec)
    cards = [
        _card(name, spec.features[name].type.value, one, spec)
        for name, one in profile.features.items()
    ]
    note = Text(
        "Histograms show the values between the outer permilles; the facts below them are "
        "those of all rows."
    )
    return [Section("Target", [Grid([target])]), Section("Features", [note, Grid(cards)])]


def _card(name: str, kind: str, profile: NumberProfile | CategoryProfile, spec: ModelSpec) -> Card:
    badges = [(Kind.NOTE, kind)]
    missing = Fact("missing", share(profile.nulls / profile.rows if profile.rows else 0.0))
    if name in spec.sensitive:
        badges.append((Kind.WARNING, "sensitive"))
        return Card(name, [missing], None, badges, "Values of this column are not shown.")
    if profile.nulls == profile.rows:
        return Card(name, [missing], None, [*badges, (Kind.BAD, "empty")])
    if profile.distinct == 1 and not profile.nulls:
        badges.append((Kind.WARNING, "constant"))
    if isinstance(profile, CategoryProfile):
        return Card(
            name,
            [missing, Fact("different", count(profile.distinct))],
            _bars(name, profile),
            badges,
        )
    is_time = name in spec.features and spec.features[name].type is FeatureType.TIMESTAMP
    return Card(name, [missing, *_numbers(profile, is_time)], _histogram(name, profile), badges)


def _bars(name: str, profile: CategoryProfile) -> Markup:
    labels = list(profile.counts)[:_MAXIMUM_BARS]
    values = [profile.counts[label] for label in labels]
    rest = profile.rows - profile.nulls - sum(values)
    if rest:
        labels, values = [*labels, "(others)"], [*values, rest]
    return bars(labels, values, title=name, shares=True)


def _histogram(name: str, profile: NumberProfile) -> Markup:
    return histogram(profile.display_edges, profile.display_counts, title=name, x_label=name)


def _numbers(profile: NumberProfile, is_time: bool) -> list[Fact]:
    said = _as_time if is_time else short
    at_least = "" if profile.distinct_exact else "more than "
    return [
        Fact("different", at_least + count(profile.distinct)),
        Fact("minimum", said(profile.minimum)),
        Fact("median", said(profile.quantiles.get("0.5"))),
        Fact("mean", said(profile.mean)),
        Fact("maximum", said(profile.maximum)),
        *([] if is_time else [Fact("standard deviation", short(profile.standard_deviation))]),
    ]


def _as_time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
