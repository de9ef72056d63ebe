"""Lineages of a deployment: found, and shown as a tree, a picture or a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perennial.registry.layout import INCOMING, uri

from cli import records, terminal
from cli.exits import CommandError, Exit
from cli.moments import moment
from cli.outputs import Deployment

if TYPE_CHECKING:
    from perennial.provenance.graph import Graph, Node
    from rich.tree import Tree


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a lineage is asked of."""

    model: str
    version: int | None
    prediction: str | None
    on: str | None
    source: str | None
    source_version: str


def graph_of(deployment: Deployment, wanted: Wanted) -> Graph:
    """The lineage that is asked for.

    Raises:
        CommandError: there is nothing of that name.
        UnknownVersion: the model has no such version.
        Unavailable: a service does not answer.
    """
    from perennial.adapters.s3_files import S3Files
    from perennial.provenance.lineage import Lineage

    files = S3Files(deployment.target.client("s3"))
    store = records.registry(deployment)
    lineage = Lineage(store, files)
    bucket = deployment.storage["DataBucketName"]
    if wanted.source is not None:
        place = address(wanted.source, wanted.model, bucket)
        return lineage.of_source(place, wanted.source_version)
    if wanted.prediction is not None:
        from perennial.provenance.predicted import find

        day = moment(wanted.on, "--on") if wanted.on else ""
        found = find(files, bucket, wanted.model, wanted.prediction, day)
        if found is None:
            raise CommandError(
                f"No prediction {wanted.prediction!r} of {wanted.model} is kept.",
                advice="Captures are dropped after a time; the response named the version, too.",
                code=Exit.NOT_FOUND,
            )
        return lineage.of_prediction(found.node(), wanted.model, found.version)
    number = wanted.version
    if number is None:
        number = records.version_named(records.registry(deployment), wanted.model, None).number
    return lineage.of_version(wanted.model, number)


def address(source: str, model: str, bucket: str) -> str:
    """Of an object, by its URI, its key, or the name that it was uploaded under."""
    if "://" in source:
        return source
    return uri(bucket, source if "/" in source else f"{INCOMING}{model}/{source}")


def present(
    graph: Graph, model: str, *, svg: Path | None, html: Path | None, json_output: bool
) -> None:
    """Print a lineage, and write its picture and page where they are wanted."""
    if svg is not None:
        from perennial.provenance.drawing import drawn

        svg.write_text(str(drawn(graph)), encoding="utf-8")
    if html is not None:
        from perennial.provenance.page import page

        html.write_text(page(graph, f"Lineage of {model}"), encoding="utf-8")
    if json_output:
        terminal.emit(graph.document())
        return
    terminal.show(tree_of(graph))
    for note in graph.notes:
        terminal.note(note)
    for path in (svg, html):
        if path is not None:
            terminal.show(f"Written: {path}")


def tree_of(graph: Graph) -> Tree:
    """A lineage as a tree: from what was asked for back, and from there on."""
    from rich.text import Text
    from rich.tree import Tree

    focus = graph.nodes[graph.focus]
    tree = Tree(_text(focus))
    back = [(says, node) for says, node in graph.before(focus.id)]
    on = [(says, node) for says, node in graph.after(focus.id)]
    for title, first, step in (("came from", back, graph.before), ("led to", on, graph.after)):
        if not first:
            continue
        branch = tree.add(Text(title, style="dim"))
        seen = {focus.id}
        waiting = [(branch, says, node) for says, node in reversed(first)]
        while waiting:
            above, says, node = waiting.pop()
            known = node.id in seen
            seen.add(node.id)
            below = above.add(
                Text.assemble((f"{says}  ", "dim"), _text(node), " (see above)" if known else "")
            )
            if not known:
                waiting += [(below, verb, one) for verb, one in reversed(step(node.id))]
    return tree


def _text(node: Node) -> str:
    told = node.details.get("version") if node.kind.value == "source" else None
    return f"{node.label}" + (f", version {told}" if told else "")
