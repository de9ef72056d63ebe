"""`card.html`: a model card as one would hand it to a regulator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perennial.card import page_evidence, page_performance
from perennial.card.record import Card
from perennial.evaluation import fairness_report
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
    share,
    span,
)

_KINDS = {"bad": Kind.BAD, "warning": Kind.WARNING, "note": Kind.NOTE}


def page(card: Card) -> str:
    """The card as one HTML document."""
    sections = [
        _use(card),
        _caveats(card),
        _data(card),
        page_evidence.method(card),
        page_performance.performance(card),
        page_performance.slices(card),
        *fairness_report.sections(card.fairness),
        page_performance.explanation(card),
        page_evidence.decisions(card),
        page_evidence.reproducibility(card),
        page_evidence.cost(card),
    ]
    return render(
        Page(
            title=f"Model card: {card.model}, version {card.version}",
            subtitle=card.description or f"Run {card.run_id}",
            verdict=_verdict(card),
            facts=list(_facts(card)),
            sections=[section for section in sections if section.blocks],
            footer=(
                f"Written by the pipeline from the documents of run {card.run_id}. Artifact "
                f"{card.evaluation.artifact_digest}. Dataset {card.data.digest}. Receipt "
                f"{card.receipt['digest']}."
            ),
        )
    )


def _verdict(card: Card) -> Verdict:
    gates = len(card.evaluation.gates)
    told = f"passed {gates} gate{'s' if gates != 1 else ''}"
    if card.approval is not None:
        approved = card.approval.status == "APPROVED"
        headline = "Approved." if approved else f"{card.approval.status.capitalize()}."
        kind = Kind.GOOD if approved else Kind.BAD
        return Verdict(kind, headline, f"By {card.approval.by or 'nobody'}; it {told}.")
    if card.approval_needed:
        return Verdict(
            Kind.WARNING, "Waits for approval.", f"It {told}; a person has yet to decide."
        )
    return Verdict(Kind.GOOD, "Registered.", f"It {told}; the spec asks for no approval.")


def _facts(card: Card) -> Iterator[Fact]:
    found = card.evaluation
    name = found.primary_metric.value
    yield Fact(name, measure(found.metrics.get(name)), span(found.intervals.get(name)))
    yield Fact("Algorithm", card.method.algorithm)
    yield Fact("Rows", count(card.data.rows), f"{count(found.rows)} held out")
    yield Fact("Features", count(len(card.data.columns) - 1))
    yield Fact("Registered", card.created_at[:10], card.created_at[11:16] + " UTC")
    if card.stated.get("owner"):
        yield Fact("Owner", card.stated["owner"], card.stated.get("contact", ""))


def _use(card: Card) -> Section:
    stated = card.stated
    blocks: list[Block] = []
    if stated.get("intended_use"):
        blocks.append(Text(stated["intended_use"]))
    for title, field in (
        ("Not to be used for", "out_of_scope"),
        ("Known limits", "limitations"),
        ("Whom it may harm, and what is done about it", "ethics"),
    ):
        if stated.get(field):
            blocks.append(Table([title], [[text] for text in stated[field]]))
    if not blocks:
        blocks.append(Text("The spec of this model does not say what it is for."))
    return Section("Intended use and limits", blocks, "As its owners state it in the spec.")


def _caveats(card: Card) -> Section:
    blocks: Sequence[Block] = [Callout(_KINDS[one.kind], one.sentence) for one in card.caveats]
    return Section(
        "Caveats",
        blocks or [Callout(Kind.GOOD, "The checks found nothing to be wary of.")],
        "Found by checks on this version, none of them kept it out.",
    )


def _data(card: Card) -> Section:
    data, source = card.data, card.data.source
    rows = [
        [
            one.name,
            one.type,
            share(one.missing) if one.missing else "none",
            one.summary,
        ]
        for one in data.columns
    ]
    parts = ", ".join(f"{name} {count(number)}" for name, number in data.parts.items())
    origin = card.stated.get("data_origin")
    blocks: list[Block] = [Text(origin)] if origin else []
    blocks += [
        Table(
            ["", ""],
            [
                ["Uploaded as", f"s3://{source.get('bucket', '?')}/{source.get('key', '?')}"],
                ["Object version", str(source.get("version_id") or "none")],
                ["By", card.created_by],
                ["Dataset, SHA-256", data.digest],
                ["Rows", f"{count(data.rows)}: {parts}"],
                *([["License", card.stated["license"]]] if card.stated.get("license") else []),
            ],
        ),
        Table(["Column", "Type", "Missing", "Values"], rows),
    ]
    return Section("Data", blocks, "An immutable snapshot of the file, named by its content.")
