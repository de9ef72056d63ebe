"""Puts each registered version beside its artifact in MLflow's layout, once and for all."""

from __future__ import annotations

from perennial.errors import ArtifactError
from perennial.portable.mlflow_layout import mlflow_files
from perennial.registry import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.registry.objects import ObjectStore
    from perennial.registry.records import Version

_TYPES = {"json": "application/json", "zip": "application/zip", "py": "text/x-python"}
_TEXT = "text/plain; charset=utf-8"


def publish(version: Version, artifact_uri: str, store: ObjectStore) -> str:
    """Write a version in MLflow's layout; returns its URI. Repeating it changes nothing.

    Args:
        version: registered.
        artifact_uri: where its bytes can be read, such as the candidate of its run.
        store: of both buckets.

    Raises:
        ArtifactError: the bytes are gone, or not those of the version.
        ExportMismatch: plain Python answers otherwise than the version did.
        NotPortable: the layout cannot express it.
        Unavailable: the store does not answer.
    """
    try:
        artifact = store.read(artifact_uri)
    except FileNotFoundError as error:
        raise ArtifactError("the artifact of the version is gone") from error
    target = layout.mlflow_uri(version.artifact_uri, version.model, version.number)
    files, _ = mlflow_files(version, artifact)
    for path, content in files.items():
        kind = _TYPES.get(path.rpartition(".")[2], _TEXT)
        store.write(f"{target}/{path}", content, kind, once=True)
    return target
