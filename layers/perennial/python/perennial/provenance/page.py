"""The page of a lineage: the picture, and everything in it as a table."""

from __future__ import annotations

from perennial.provenance.drawing import drawn
from perennial.provenance.graph import Graph
from perennial.provenance.lineage import answering
from perennial.report import Callout, Fact, Figure, Page, Section, Table, Text, render
from perennial.report import Kind as Meant


def page(graph: Graph, title: str) -> str:
    """A lineage as one HTML document that stands alone."""
    serving, focus = answering(graph), graph.nodes.get(graph.focus)
    notes = [Callout(Meant.WARNING, note) for note in graph.notes]
    said = [Text("In service now: " + ", ".join(node.label for node in serving))] if serving else []
    rows = [
        [node.kind.value, node.label, "; ".join(f"{n}: {of}" for n, of in node.details.items())]
        for node in graph.nodes.values()
    ]
    return render(
        Page(
            title=title,
            subtitle=focus.label if focus else graph.focus,
            facts=[
                Fact("Things", str(len(graph.nodes))),
                Fact("In service now", str(len(serving))),
            ],
            sections=[
                Section("Picture", [*notes, *said, Figure(drawn(graph))]),
                Section("Everything in it", [Table(["Kind", "Name", "Details"], rows)]),
            ],
        )
    )
