"""Where something came from and what came of it: things, and what made one of another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a node of a lineage is."""

    PERSON = "person"  # or the service that acted
    SOURCE = "source"  # one version of one object in S3
    GATHERED = "gathered"  # captures and outcomes that a retraining file was made of
    CODE = "code"
    DATASET = "dataset"
    RUN = "run"
    VERSION = "version"
    SERVICE = "service"  # what a version does now
    PREDICTION = "prediction"


@dataclass(frozen=True, slots=True)
class Node:
    """One thing.

    Attributes:
        id: unlike all others of its graph.
        kind: what it is.
        label: a few words.
        details: everything else, as texts.
    """

    id: str
    kind: Kind
    label: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edge:
    """One thing had to do with the making of another.

    Attributes:
        source: id of the earlier one.
        target: id of the later one.
        says: what the one is to the other, as a verb.
    """

    source: str
    target: str
    says: str


@dataclass(slots=True)
class Graph:
    """A lineage. Edges lead from what was first to what came of it.

    Attributes:
        focus: id of the node it was asked for.
        nodes: by id, in the order in which they were added.
        edges: without repetition, in that order.
        notes: what could not be followed, as sentences.
    """

    focus: str = ""
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _known: set[Edge] = field(default_factory=set, repr=False)

    def add(self, node: Node) -> str:
        """Put a node there unless it is; gives its id."""
        self.nodes.setdefault(node.id, node)
        return node.id

    def link(self, source: str, target: str, says: str) -> None:
        """Put an edge there unless it is."""
        edge = Edge(source, target, says)
        if edge not in self._known:
            self._known.add(edge)
            self.edges.append(edge)

    def note(self, says: str) -> None:
        """Remember what could not be followed."""
        if says not in self.notes:
            self.notes.append(says)

    def of_kind(self, kind: Kind) -> list[Node]:
        """The nodes of a kind."""
        return [node for node in self.nodes.values() if node.kind is kind]

    def roots(self) -> list[Node]:
        """The nodes nothing leads to."""
        reached = {edge.target for edge in self.edges}
        return [node for node in self.nodes.values() if node.id not in reached]

    def after(self, node: str) -> list[tuple[str, Node]]:
        """What came of a node, each with the verb."""
        return [(edge.says, self.nodes[edge.target]) for edge in self.edges if edge.source == node]

    def before(self, node: str) -> list[tuple[str, Node]]:
        """What a node came of, each with the verb."""
        return [(edge.says, self.nodes[edge.source]) for edge in self.edges if edge.target == node]

    def ranks(self) -> dict[str, int]:
        """The longest way from a root to each node, in edges."""
        ranks = dict.fromkeys(self.nodes, 0)
        for _ in self.nodes:  # a chain is no longer than that; a circle would stop there, too
            moved = [edge for edge in self.edges if ranks[edge.target] < ranks[edge.source] + 1]
            if not moved:
                break
            for edge in moved:
                ranks[edge.target] = max(ranks[edge.target], ranks[edge.source] + 1)
        return ranks

    def document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "focus": self.focus,
            "nodes": [
                {"id": one.id, "kind": one.kind.value, "label": one.label, "details": one.details}
                for one in self.nodes.values()
            ],
            "edges": [
                {"source": one.source, "target": one.target, "says": one.says} for one in self.edges
            ],
            "notes": self.notes,
        }


def details(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Details as texts; what is empty or None is left out."""
    return {name: str(value) for name, value in pairs if value not in (None, "")}
