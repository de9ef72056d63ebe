"""The things of a lineage as nodes: what they are called, and what is said of each."""

from __future__ import annotations

from perennial.provenance.gathered import Gathering
from perennial.provenance.graph import Kind, Node, details
from perennial.registry.layout import uri
from perennial.registry.records import Run, SourceObject, Version

_SHORT = 12  # characters of a digest or an id


def version_node_id(model: str, number: int) -> str:
    """The id of a version's node."""
    return f"version:{model}:{number}"


def version_node(version: Version) -> Node:
    """A registered version."""
    said = details(
        (
            ("model", version.model),
            ("status", version.status.value),
            ("registered", version.created_at),
            ("algorithm", version.algorithm),
            ("artifact", version.artifact_digest),
            ("receipt", version.receipt_digest),
        )
    )
    label = f"{version.model} version {version.number}"
    return Node(version_node_id(version.model, version.number), Kind.VERSION, label, said)


def run_node(run: Run) -> Node:
    """A run, however it ended."""
    said = details(
        (
            ("model", run.model),
            ("status", run.status.value),
            ("trigger", run.trigger),
            ("created", run.created_at),
            ("reason", run.reason),
        )
    )
    return Node(f"run:{run.model}:{run.run_id}", Kind.RUN, f"run {run.run_id[:_SHORT]}", said)


def dataset_node(run: Run) -> Node:
    """The dataset of a run."""
    digest = run.dataset_digest or ""
    said = details((("digest", digest), ("model", run.model)))
    return Node(f"dataset:{run.model}:{digest}", Kind.DATASET, f"dataset {digest[:_SHORT]}", said)


def source_id(source: SourceObject) -> str:
    """The id of a node for one version of an object."""
    return f"{uri(source.bucket, source.key)}#{source.version_id}"


def source_node(source: SourceObject) -> Node:
    """One version of an object."""
    said = details(
        (
            ("uri", uri(source.bucket, source.key)),
            ("version", source.version_id),
            ("etag", source.etag),
            ("bytes", source.size),
        )
    )
    return Node(source_id(source), Kind.SOURCE, source.key, said)


def gathered_id(gathering: Gathering) -> str:
    """The id of the node of what a retraining file was gathered from."""
    return f"gathered:{gathering.location}"


def gathered_node(gathering: Gathering) -> Node:
    """What a retraining file was gathered from."""
    label = f"{len(gathering.sources)} files gathered"
    said = details((("first", gathering.first), ("last", gathering.last)))
    return Node(gathered_id(gathering), Kind.GATHERED, label, said)
