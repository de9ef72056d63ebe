"""A lineage as a picture: what was first on the left, what came of it to the right."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from perennial.provenance.graph import Edge, Graph, Kind, Node

_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 214.0, 46.0, 104.0, 16.0, 12.0  # units of the drawing
_LETTERS = 27  # of a label that fit into a box
_VERSION = 14  # letters of an object's version that fit beside its kind
_SMALLEST = 0.65  # of its size, that a wide drawing shrinks to before it is scrolled
_ROUNDS = 4  # of moving nodes towards their neighbours

_STYLE = """
figure:has(> .lineage) { max-width: none; overflow-x: auto; }
figure > .lineage { max-width: 100%; height: auto; }
.lineage { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; --ground: #ffffff;
  --ink: #1b1f24; --soft: #59636e; --rule: #8a949e; --box: #f2f4f7; --mark: #1f4f86; }
@media (prefers-color-scheme: dark) { .lineage { --ground: #14171b; --ink: #e6e9ed;
  --soft: #a3adb8; --rule: #6d7781; --box: #20252b; --mark: #a6c8f0; } }
.lineage .ground { fill: var(--ground); }
.lineage .box { fill: var(--box); stroke: var(--rule); }
.lineage .focus { stroke: var(--mark); stroke-width: 2.5; }
.lineage .bar-person, .lineage .bar-code { fill: #7a4a9e; }
.lineage .bar-source, .lineage .bar-gathered { fill: #b4521a; }
.lineage .bar-dataset { fill: #2c7a57; }
.lineage .bar-run { fill: #8a949e; }
.lineage .bar-version, .lineage .bar-prediction { fill: #3f74b5; }
.lineage .bar-service { fill: #14653b; }
.lineage .label { fill: var(--ink); font-weight: 600; }
.lineage .kind, .lineage .verb { fill: var(--soft); font-size: 10.5px; }
.lineage .edge { fill: none; stroke: var(--rule); stroke-width: 1.3; }
.lineage .tip { fill: var(--rule); }
.lineage .halo { fill: var(--ground); fill-opacity: .85; }
"""


@dataclass(frozen=True, slots=True)
class _Place:
    x: float
    y: float


def drawn(graph: Graph) -> Markup:
    """The graph as an SVG element that stands alone."""
    places = _places(graph)
    width = max((place.x for place in places.values()), default=0.0) + _WIDTH + _EDGE
    height = max((place.y for place in places.values()), default=0.0) + _HEIGHT + _EDGE
    parts = [_edge(edge, places) for edge in graph.edges]
    parts += [_verb(edge, places) for edge in graph.edges]
    parts += [_box(node, places[node.id], node.id == graph.focus) for node in graph.nodes.values()]
    label = escape(f"Lineage of {len(graph.nodes)} things")
    return Markup(  # noqa: S704  every text in it was escaped where it was drawn
        f'<svg class="lineage" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{label}" '
        f'style="min-width: {_SMALLEST * width:g}px" '
        f'xmlns="http://www.w3.org/2000/svg"><style>{_STYLE}</style>'
        f'<rect class="ground" width="{width:g}" height="{height:g}"/>{"".join(parts)}</svg>'
    )


def _places(graph: Graph) -> dict[str, _Place]:
    columns = _columns(graph)
    tallest = max((len(column) for column in columns), default=0)
    places = {}
    for number, column in enumerate(columns):
        top = _EDGE + (tallest - len(column)) * (_HEIGHT + _DOWN) / 2
        for row, node in enumerate(column):
            x = _EDGE + number * (_WIDTH + _ACROSS)
            places[node] = _Place(x, top + row * (_HEIGHT + _DOWN))
    return places


def _columns(graph: Graph) -> list[list[str]]:
    """Ids by column; in each, nodes lie near what they are connected with."""
    ranks = _late(graph)
    columns: list[list[str]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for node, rank in ranks.items():
        columns[rank].append(node)
    near: dict[str, list[str]] = {node: [] for node in graph.nodes}
    for edge in graph.edges:
        near[edge.source].append(edge.target)
        near[edge.target].append(edge.source)
    rows = {node: row - len(column) / 2 for column in columns for row, node in enumerate(column)}
    for _ in range(_ROUNDS):
        for column in columns:  # one after the other: each looks at where the last was put
            column.sort(key=lambda node: _middle(node, near, rows))
            rows |= {node: row - len(column) / 2 for row, node in enumerate(column)}
    return columns


def _middle(node: str, near: dict[str, list[str]], rows: dict[str, float]) -> float:
    around = near[node]
    return sum(rows[one] for one in around) / len(around) if around else rows[node]


def _late(graph: Graph) -> dict[str, int]:
    """Ranks in which each node is as near to what came of it as it can be."""
    ranks = graph.ranks()
    for node in sorted(graph.nodes, key=lambda one: -ranks[one]):
        following = [ranks[after.id] for _, after in graph.after(node)]
        if following:
            ranks[node] = max(ranks[node], min(following) - 1)
    return ranks


def _edge(edge: Edge, places: dict[str, _Place]) -> str:
    x1, y1, x2, y2 = _ends(edge, places)
    bend = max(40.0, (x2 - x1) / 2)
    return (
        f'<path class="edge" d="M{x1:.1f} {y1:.1f} C{x1 + bend:.1f} {y1:.1f} '
        f'{x2 - bend:.1f} {y2:.1f} {x2 - 6:.1f} {y2:.1f}"/>'
        f'<path class="tip" d="M{x2:.1f} {y2:.1f} l-8 -4 v8 z"/>'
    )


def _verb(edge: Edge, places: dict[str, _Place]) -> str:
    """The verb, on its line near the end: lines that begin together end apart."""
    x1, y1, x2, y2 = _ends(edge, places)
    x, y = max(x1 + _ACROSS / 2, x2 - _ACROSS / 2), y1 + (y2 - y1) * 0.6
    width = 6.2 * len(edge.says)
    return (
        f'<rect class="halo" x="{x - width / 2:.1f}" y="{y - 8:.1f}" width="{width:.1f}" '
        f'height="13"/><text class="verb" x="{x:.1f}" y="{y + 2:.1f}" text-anchor="middle">'
        f"{escape(edge.says)}</text>"
    )


def _ends(edge: Edge, places: dict[str, _Place]) -> tuple[float, float, float, float]:
    source, target = places[edge.source], places[edge.target]
    return source.x + _WIDTH, source.y + _HEIGHT / 2, target.x, target.y + _HEIGHT / 2


def _box(node: Node, place: _Place, focus: bool) -> str:
    x, y = place.x, place.y
    tip = "\n".join([node.label, *(f"{name}: {said}" for name, said in node.details.items())])
    return (
        f"<g><title>{escape(tip)}</title>"
        f'<rect class="box{" focus" if focus else ""}" x="{x:.1f}" y="{y:.1f}" '
        f'width="{_WIDTH:g}" height="{_HEIGHT:g}" rx="5"/>'
        f'<rect class="bar-{node.kind.value}" x="{x:.1f}" y="{y:.1f}" width="5" '
        f'height="{_HEIGHT:g}" rx="2"/>'
        f'<text class="kind" x="{x + 14:.1f}" y="{y + 17:.1f}">{_kind(node)}</text>'
        f'<text class="label" x="{x + 14:.1f}" y="{y + 34:.1f}">{escape(_short(node.label))}</text>'
        "</g>"
    )


def _kind(node: Node) -> Markup:
    if node.kind is Kind.SOURCE and "version" in node.details:
        return escape(f"source, version {node.details['version'][:_VERSION]}")
    names = {Kind.SERVICE: "in service as", Kind.GATHERED: "predictions and outcomes"}
    return escape(names.get(node.kind, node.kind.value))


def _short(label: str) -> str:
    """A label that fits; of a long one, such as a key or an ARN, its end says more."""
    return label if len(label) <= _LETTERS else f"…{label[-_LETTERS + 1 :]}"
