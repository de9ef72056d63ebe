"""Tells of a run where people compare runs: in MLflow's file layout, and to a tracking server."""

from __future__ import annotations

import json
from typing import Protocol

from perennial.errors import ArtifactError, Unavailable
from perennial.portable.file_store import experiment_file, run_files
from perennial.portable.tracked import Document, Documents, tracked
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.store import Registry
from perennial.registry.tracked import TrackedRun


class TrackingServer(Protocol):
    """An MLflow tracking server. Raises `Unavailable` when it does not take a call."""

    def experiment(self, name: str) -> str:
        """The id of an experiment, which is made where there is none."""
        ...

    def known(self, experiment_id: str, run_id: str) -> str | None:
        """The server's own id of the run tagged with ours that is whole; None without one."""
        ...

    def record(self, experiment_id: str, run: TrackedRun, parent: str | None) -> str:
        """Write a run, whole; returns the server's id of it."""
        ...


def gather(
    model: str, run_id: str, bucket: str, store: ObjectStore, registry: Registry
) -> TrackedRun:
    """Everything there is to tell of a run.

    Raises:
        Unavailable: it is not concluded yet, not known, or a service does not answer.
        ArtifactError: a document of the run is damaged.
    """
    run = registry.run(model, run_id)
    if run is None or not run.status.final:
        raise Unavailable("the run is not concluded yet")
    version = None if run.version is None else registry.version(model, run.version)
    run_uri = layout.uri(bucket, layout.run_prefix(model, run_id))
    documents = Documents(
        training=_document(run_uri + layout.TRAINING_JSON, store),
        evaluation=_document(run_uri + layout.EVALUATION_JSON, store),
        receipt=_document(run_uri + layout.RECEIPT, store),
        search=_document(run_uri + layout.SEARCH, store),
    )
    where = ""
    if version is not None:
        where = layout.mlflow_uri(version.artifact_uri, version.model, version.number)
    return tracked(run, documents, run_uri, version, where)


def keep(run: TrackedRun, bucket: str, store: ObjectStore) -> None:
    """Write a run in MLflow's file layout. Repeating it writes the same once more.

    Raises:
        Unavailable: the store does not answer.
    """
    root = layout.uri(bucket, layout.TRACKED)
    runs = layout.uri(bucket, f"runs/{run.experiment}")
    path, content = experiment_file(run.experiment, run.started, runs)
    store.write(root + path, content, "text/yaml", once=True)
    for path, content in run_files(run):
        store.write(root + path, content, "text/plain; charset=utf-8")


def tell(run: TrackedRun, server: TrackingServer) -> str:
    """Write a run and its trials to a tracking server, once; returns the server's id of it.

    Raises:
        Unavailable: the server does not take it; telling it again takes up where this stopped.
    """
    experiment = server.experiment(run.experiment)
    known = server.known(experiment, run.run_id) or server.record(experiment, run, None)
    for child in run.children:
        if server.known(experiment, child.run_id) is None:
            server.record(experiment, child, known)
    return known


def _document(uri: str, store: ObjectStore) -> Document:
    """A document of a run; nothing where it ended before."""
    try:
        document = json.loads(store.read(uri))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ArtifactError(f"{uri.rpartition('/')[2]} of the run is damaged") from error
    return dict(document)
