"""Makes an export of a version, and puts it where it was asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial.registry import layout
from perennial.registry.records import Version, VersionStatus

from cli import project, records
from cli.exits import CommandError, Exit
from cli.outputs import Deployment

if TYPE_CHECKING:
    from perennial.registry.objects import ObjectStore
    from perennial.registry.store import Registry

Content = bytes | Mapping[str, bytes]  # a file, or a folder's files by path
BUNDLE, MLFLOW, ONNX = "bundle", "mlflow", "onnx"
_ENDINGS = {BUNDLE: ".pyz", MLFLOW: "-mlflow", ONNX: ".onnx"}
_BATCH, _MOST_HELD_OUT = 500, 2_000  # rows of the holdout that a graph is compared on


@dataclass(frozen=True, slots=True)
class Exported:
    """A version in another form.

    Attributes:
        version: what was exported.
        form: the format's name.
        content: the file or files.
        checked: rows that were compared, the largest difference, and what is allowed.
        remarks: what the person should know beside it.
    """

    version: Version
    form: str
    content: Content
    checked: dict[str, object]
    remarks: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name it gets when none is given."""
        return f"{self.version.model}-{self.version.number}{_ENDINGS[self.form]}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "model": self.version.model,
            "version": self.version.number,
            "format": self.form,
            "artifact_digest": self.version.artifact_digest,
            "checked": self.checked,
            "remarks": self.remarks,
        }

    def lines(self, path: Path) -> Iterator[str]:
        """For people."""
        yield f"{self.version.model}, version {self.version.number}, as {self.form}"
        if self.checked:
            yield (
                f"Checked   {self.checked['rows']} rows; largest difference "
                f"{self.checked['largest_difference']:.2g}, allowed {self.checked['tolerance']:g}"
            )
        yield f"Written   {project.current().shown(path)}"


def export(deployment: Deployment, model: str, number: int | None, form: str) -> Exported:
    """Make an export; nothing is written.

    Args:
        deployment: where the version is.
        model: its model.
        number: which version; None for the one in service when this begins.
        form: `bundle`, `mlflow` or `onnx`.

    Raises:
        CommandError: there is no such version, or its artifact is gone.
        PerennialError: it is damaged, cannot be expressed, or would answer otherwise.
    """
    from perennial.adapters.s3 import S3ObjectStore

    registry = records.registry(deployment)
    version = records.version_named(registry, model, number)
    store = S3ObjectStore(deployment.target.client("s3"))
    artifact = _artifact(store, version)
    if form == ONNX:
        bucket = deployment.storage["DataBucketName"]
        content, checked = _onnx(version, artifact, store, bucket)
    else:
        content, checked = _of_sources(version, artifact, form)
    return Exported(version, form, content, checked, _remarks(registry, version, number))


def place(path: Path, *, force: bool) -> Path:
    """Where an export may be written.

    Raises:
        CommandError: something is there already, and it is not to be replaced.
    """
    if path.exists() and not force:
        raise CommandError(
            f"{path} is there already.",
            advice="Name another place with --output, or replace it with --force.",
            code=Exit.USAGE,
        )
    return path


def write(content: Content, path: Path) -> None:
    """Put an export in its place, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as folder:
        made = Path(folder) / "made"
        if isinstance(content, bytes):
            made.write_bytes(content)
            made.chmod(0o755 if path.suffix == _ENDINGS[BUNDLE] else 0o644)
        else:
            for name, body in content.items():
                (made / name).parent.mkdir(parents=True, exist_ok=True)
                (made / name).write_bytes(body)
        if path.is_dir() or (path.exists() and made.is_dir()):
            path.rename(Path(folder) / "replaced")
        made.replace(path)


def _artifact(store: ObjectStore, version: Version) -> bytes:
    try:
        return store.read(version.artifact_uri)
    except FileNotFoundError as error:
        raise CommandError(
            f"The artifact of version {version.number} is gone: {version.artifact_uri}",
            advice="The bucket keeps replaced and deleted objects as earlier versions.",
            code=Exit.NOT_FOUND,
        ) from error


def _remarks(registry: Registry, version: Version, asked: int | None) -> list[str]:
    remarks = []
    if version.status is VersionStatus.REJECTED:
        remarks.append(
            f"Version {version.number} was rejected: it lost its rollout, or was rolled back."
        )
    route = registry.route(version.model)
    if asked is None and route is not None and route.champion.number != version.number:
        remarks.append(
            f"Version {route.champion.number} has come into service meanwhile; "
            f"this is version {version.number}."
        )
    return remarks


def _of_sources(version: Version, artifact: bytes, form: str) -> tuple[Content, dict[str, object]]:
    """The formats that carry our own source."""
    if form == BUNDLE:
        from perennial.portable.bundle import bundle

        content, agreement = bundle(version, artifact)
        return content, agreement.as_json()
    from perennial.portable.mlflow_layout import mlflow_files

    files, checked = mlflow_files(version, artifact)
    return files, checked.as_json() if checked else {}


def _onnx(
    version: Version, artifact: bytes, store: ObjectStore, bucket: str
) -> tuple[Content, dict[str, object]]:
    from perennial.portable.onnx_model import onnx_model
    from perennial.serving.engine import engine_of

    engine = engine_of(artifact, version.artifact_digest)
    names = [feature.name for feature in engine.encoder.features]
    key = layout.run_prefix(version.model, version.run_id) + layout.HOLDOUT
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / layout.HOLDOUT
        try:
            store.download(layout.uri(bucket, key), path)
        except FileNotFoundError:  # golden rows and probes remain
            path.unlink(missing_ok=True)
        content, agreement = onnx_model(version, engine, _held_out(path, names))
    return content, agreement.as_json()


def _held_out(path: Path, names: list[str]) -> Iterator[list[dict[str, object]]]:
    """Rows of a holdout as a caller would send them, some at a time."""
    if not path.is_file():
        return
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        seen = 0
        for batch in file.iter_batches(_BATCH, columns=names):
            rows = batch.to_pylist()
            yield [{name: _as_sent(value) for name, value in row.items()} for row in rows]
            seen += len(rows)
            if seen >= _MOST_HELD_OUT:
                return


def _as_sent(value: Any) -> object:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    # A NaN in a column is a missing value, which JSON writes as null.
    return None if value != value else value
