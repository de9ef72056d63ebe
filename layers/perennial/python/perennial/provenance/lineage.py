"""Lineage in both directions, by queries: from a version or a prediction back, from data forward.

How many items are read depends on what is connected with what was asked for, and not on how many
versions a model has.
"""

from __future__ import annotations

from collections.abc import Mapping

from perennial.errors import ArtifactError, UnknownVersion
from perennial.forgetting.records import read_tombstone
from perennial.provenance.gathered import GATHERED_FROM, Gathering, gathering_of, gatherings_with
from perennial.provenance.graph import Graph, Kind, Node, details
from perennial.provenance.nodes import (
    dataset_node,
    gathered_id,
    gathered_node,
    run_node,
    source_id,
    source_node,
    version_node,
    version_node_id,
)
from perennial.provenance.receipts import receipt_of
from perennial.registry.files import Files
from perennial.registry.layout import dataset_prefix, split_uri, uri
from perennial.registry.records import Route, Run, Version
from perennial.registry.store import Registry

SERVES = "serves as"
_ANSWERING = {"champion", "challenger"}
_ALL = 10**6  # more versions of one dataset than there are
_SHORT = 12  # characters of a digest or an id


class Lineage:
    """Follows what led to something, and what came of it.

    Attributes:
        graph: what was found.
    """

    def __init__(self, registry: Registry, files: Files) -> None:
        """Args: registry: runs, versions, routes; files: receipts, and what was gathered."""
        self.graph = Graph()
        self._registry = registry
        self._files = files

    def of_version(self, model: str, number: int) -> Graph:
        """What led to a version, and what it does now.

        Raises:
            UnknownVersion: the model has no such version.
            Unavailable: a service does not answer.
        """
        version = self._registry.version(model, number)
        if version is None:
            raise UnknownVersion(f"{model} has no version {number}")
        self.graph.focus = self._version(version)
        return self.graph

    def of_prediction(self, prediction: Node, model: str, number: int) -> Graph:
        """What led to a prediction.

        Raises:
            UnknownVersion: the version that made it is not there.
            Unavailable: a service does not answer.
        """
        self.of_version(model, number)
        self.graph.focus = self.graph.add(prediction)
        self.graph.link(version_node_id(model, number), self.graph.focus, "predicted")
        return self.graph

    def of_source(self, location: str, version_id: str = "") -> Graph:
        """What came of an object: datasets, runs, versions, and which of them serve now.

        Args:
            location: its `s3://` URI.
            version_id: of this version of it only; empty for all.

        Raises:
            ValueError: the location is no `s3://` URI.
            Unavailable: a service does not answer.
        """
        bucket, key = split_uri(location)
        runs = [
            run
            for run in self._registry.runs_of(bucket, key)
            if version_id in ("", run.source.version_id)
        ]
        for run in runs:
            self._forward(run)
        begun = {source_id(run.source): "as version" for run in runs}
        for gathering in gatherings_with(location, self._files, bucket):
            begun[self._gathered(gathering)] = "was read for"
        self._focus(location, key, begun)
        return self.graph

    def _focus(self, location: str, key: str, begun: Mapping[str, str]) -> None:
        """Make what was asked for the one node that everything came of."""
        if "as version" in begun.values() and len(begun) == 1:
            (self.graph.focus,) = begun
            return
        self.graph.focus = self.graph.add(Node(location, Kind.SOURCE, key))
        for node, says in begun.items():
            self.graph.link(location, node, says)
        if not begun:
            self.graph.note("No run began with this object, and none was gathered from it.")

    def _gathered(self, gathering: Gathering) -> str:
        """Forward from captures or outcomes that a retraining file was gathered from; its id."""
        runs = self._registry.runs_of(*split_uri(gathering.location))
        for run in runs:
            self._forward(run)
        if not runs:
            self.graph.add(gathered_node(gathering))
            self.graph.note(f"No run began with {gathering.location}.")
        return gathered_id(gathering)

    def _forward(self, run: Run) -> None:
        """A run with everything that came of it, and of others with the same dataset."""
        self._run(run)
        numbers = {run.version} if run.version else set()
        if run.dataset_digest:
            found = self._registry.versions_of(run.model, run.dataset_digest, _ALL)
            for version in found:
                self._version(version, known=run)
            numbers -= {version.number for version in found}
        for number in numbers:
            registered = self._registry.version(run.model, number)
            if registered is not None:
                self._version(registered, known=run)

    def _version(self, version: Version, known: Run | None = None) -> str:
        """A version with what led to it and what it does; its id."""
        node = self.graph.add(version_node(version))
        run = known if known and known.run_id == version.run_id else None
        run = run or self._registry.run(version.model, version.run_id)
        if run is None:
            self.graph.note(f"The run of version {version.number} is not there.")
        else:
            self.graph.link(self._run(run), node, "registered")
        self._code(version, node)
        self._approval(version, node)
        self._service(version, node)
        return node

    def _run(self, run: Run) -> str:
        node = self.graph.add(run_node(run))
        person = self.graph.add(Node(f"person:{run.created_by}", Kind.PERSON, run.created_by))
        self.graph.link(person, node, "started")
        source = self.graph.add(source_node(run.source))
        self._origin(run, source)
        if run.dataset_digest is None:
            self.graph.link(source, node, "began")
            return node
        dataset = self._dataset(run)
        self.graph.link(source, dataset, "was read into")
        self.graph.link(dataset, node, "trained")
        return node

    def _dataset(self, run: Run) -> str:
        """The dataset of a run; what was removed from it on request is noted."""
        node = dataset_node(run)
        if node.id not in self.graph.nodes:
            prefix = dataset_prefix(run.model, run.dataset_digest or "")
            try:
                removed = read_tombstone(self._files, uri(run.source.bucket, prefix))
            except ValueError as error:
                self.graph.note(f"{node.label}: {error}.")
            else:
                if removed is not None:
                    self.graph.note(f"{removed.rows} rows of {node.label} were removed on request.")
        return self.graph.add(node)

    def _origin(self, run: Run, source: str) -> None:
        """What a file was gathered from, where a retraining made it."""
        if not run.source.key.startswith(GATHERED_FROM):
            return
        found = gathering_of(run.source, self._files)
        if found is None:
            self.graph.note(f"What {run.source.key} was gathered from is not known.")
            return
        self.graph.link(self.graph.add(gathered_node(found)), source, "gathered into")
        for number in found.versions:
            version = self._registry.version(run.model, number)
            if version is not None:
                made = self.graph.add(version_node(version))
                self.graph.link(made, gathered_id(found), "predicted")

    def _code(self, version: Version, node: str) -> None:
        try:
            receipt = receipt_of(version, self._files)
        except ArtifactError as error:
            self.graph.note(f"Version {version.number}: {error}.")
            return
        code = receipt.get("code") or {}
        said = code if isinstance(code, dict) else {"version": code}
        label = str(said.get("commit") or said.get("digest") or said.get("version") or "code")
        made = Node(
            f"code:{label}", Kind.CODE, f"code {label[:_SHORT]}", details(sorted(said.items()))
        )
        self.graph.link(self.graph.add(made), node, "made")

    def _approval(self, version: Version, node: str) -> None:
        approval = self._registry.approval(version.model, version.number)
        if approval is not None and approval.decided_by:
            by = approval.decided_by
            person = self.graph.add(Node(f"person:{by}", Kind.PERSON, by))
            self.graph.link(person, node, approval.status.value.lower())

    def _service(self, version: Version, node: str) -> None:
        route = self._registry.route(version.model)
        part = _parts(version.number, route) if route is not None else []
        if route is None or not part:
            return
        served = Node(
            f"service:{version.model}:{version.number}",
            Kind.SERVICE,
            ", ".join(part),
            details((("since", route.changed_at), ("by", route.changed_by))),
        )
        self.graph.link(node, self.graph.add(served), SERVES)


def _parts(number: int, route: Route) -> list[str]:
    """What a version does in a route now."""
    named = {
        "champion": route.champion,
        "challenger": route.challenger,
        "shadow": route.shadow,
        "previous": route.previous,
    }
    return [part for part, routed in named.items() if routed and routed.number == number]


def answering(graph: Graph) -> list[Node]:
    """The versions in a graph that answer callers now: what is to be trained anew."""
    named = {
        edge.source
        for edge in graph.edges
        if edge.says == SERVES and _ANSWERING & {*graph.nodes[edge.target].label.split(", ")}
    }
    return [node for node in graph.of_kind(Kind.VERSION) if node.id in named]
