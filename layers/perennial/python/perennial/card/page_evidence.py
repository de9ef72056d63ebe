"""The sections of a card about how a version came to be, who let it, and what it took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perennial.card.record import Card
from perennial.cost.bill import dollars
from perennial.evaluation.metric_blocks import gate
from perennial.evaluation.record import Tuned
from perennial.report import Block, Callout, Kind, Section, Table, Text, short


def method(card: Card) -> Section:
    """How it was made."""
    made = card.method
    split = made.split
    rows = [
        ["Task", f"{made.task}, of {card.data.target}"],
        ["Algorithm", made.algorithm],
        *[[f"  {name}", _value(value)] for name, value in sorted(made.parameters.items())],
        *([["Rounds kept", str(made.rounds)]] if made.rounds else []),
        ["Split", f"{split.get('method')}, seed {split.get('seed')}"],
    ]
    blocks: list[Block] = [Table(["", ""], rows)]
    if made.search:
        blocks.append(Text(_searched(made.search, card.evaluation.tuning)))
    left_out = [one for one in made.selection if not one.get("kept", True)]
    if left_out:
        blocks.append(
            Table(
                ["Feature left out", "Why"],
                [[str(one.get("column")), str(one.get("reason", ""))] for one in left_out],
            )
        )
    return Section("Method", blocks)


def _searched(search: Mapping[str, Any], tuned: Tuned | None) -> str:
    told = (
        f"Parameters come from a {search.get('method')} search over {search.get('trials')} trials, "
        f"judged by {search.get('metric')}; trial {search.get('best')} was best."
    )
    return f"{told} {tuned.sentence[:1].upper()}{tuned.sentence[1:]}." if tuned else told


def _value(value: object) -> str:
    return short(value) if isinstance(value, float) else str(value)


def decisions(card: Card) -> Section:
    """Gates and their results, and what a person decided."""
    blocks: list[Block] = [gate(result) for result in card.evaluation.gate_results]
    decided = card.approval
    if decided is not None:
        good = decided.status == "APPROVED"
        by = f" by {decided.by}" if decided.by else ""
        told = f"{decided.status.capitalize()}{by} on {decided.at}: {decided.reason}"
        blocks.append(Callout(Kind.GOOD if good else Kind.BAD, told))
    elif card.approval_needed:
        told = "A person has yet to approve it; until then it serves nobody."
        blocks.append(Callout(Kind.WARNING, told))
    return Section("Gates and approval", blocks, "What had to hold before it could serve.")


def reproducibility(card: Card) -> Section:
    """The receipt: what went in."""
    receipt = card.receipt
    code = receipt.get("code") or {}
    rows = [
        ["Receipt, SHA-256", str(receipt.get("digest"))],
        ["Commit", str(code.get("commit") or "unknown")],
        ["Code that ran, SHA-256", str(code.get("running"))],
        ["Lock file, SHA-256", str(receipt.get("lock_digest") or "none")],
        ["Image", _in_line(receipt.get("image"))],
        ["Python", f"{receipt.get('python')} on {receipt.get('system')}"],
        ["Processor", _in_line(receipt.get("cpu") or receipt.get("architecture"))],
        ["Threads", str(receipt.get("threads"))],
        ["Seed", str(receipt.get("seed"))],
        *[
            [f"  {name}", str(version)]
            for name, version in sorted((receipt.get("libraries") or {}).items())
        ],
    ]
    rows.append(
        ["Trained again, bytes compared", f"perennial reproduce {card.model} {card.version}"]
    )
    lead = "What went in, hashed before anything was fitted."
    return Section("Reproducibility", [Table(["", ""], rows)], lead)


def _in_line(found: object) -> str:
    """A value, or the members of one that has several, in one line."""
    if isinstance(found, Mapping):
        return ", ".join(f"{name} {_in_line(value)}" for name, value in found.items() if value)
    if isinstance(found, list | tuple):
        return " ".join(map(str, found))
    return str(found or "unknown")


def cost(card: Card) -> Section:
    """What training it took."""
    bill = card.cost
    rows = [
        [str(one["what"]), f"{one['quantity']:,.6g} {one['unit']}", dollars(one["dollars"])]
        for one in bill["lines"]
    ]
    if not rows:
        return Section("Cost", ())
    rows.append(["Together", "", dollars(bill["dollars"])])
    table = Table(["", "Quantity", "Dollars"], rows, numeric=frozenset({1, 2}))
    lead = f"Of its training run, at list prices of {bill['prices_of']}."
    return Section("Cost", [table], lead)
