"""Plans the scoring of a file: pins the version, looks at the file, cuts it into chunks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from perennial.data.sniffing import Format
from perennial.errors import (
    ArtifactError,
    DataRejected,
    ModelNotTrained,
    UnknownModel,
)
from perennial.registry import layout
from perennial.registry.files import Files, Stat
from perennial.registry.records import RoutedVersion
from perennial.registry.store import Registry
from perennial.scoring.cutting import Cutter
from perennial.scoring.model import NO_FUNCTION, is_kept, load_model
from perennial.scoring.records import CHUNKS, JSON, PLAN, RESULT, RESULT_FORMAT, Plan
from perennial.scoring.request import Request
from perennial.serving.artifact import Artifact, load_artifact
from perennial.settings import SpecStore
from perennial.spec import ModelSpec

# The most rows of a chunk that are asked of the function for pipelines, some thousand at a time:
# even at 25 rows a second a call comes to its end.
KEPT_ROWS = 20_000
# What an uploader may say of a file, as metadata of the object.
FORMAT_WANTED, ROWS_WANTED = "perennial-format", "perennial-chunk-rows"


@dataclass(frozen=True, slots=True)
class Planned:
    """What came of planning.

    Attributes:
        prefix: of the scoring, as a URI; empty when the file is refused.
        chunks: how many there are to score.
        refused: why nothing can be scored; empty when it can.
        reused: whether the result of an earlier scoring is there already.
        tolerated_failures: share of the chunks that may fail.
    """

    prefix: str = ""
    chunks: int = 0
    refused: str = ""
    reused: bool = False
    tolerated_failures: float = 0.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How a file is to be scored, as the spec and the uploader say."""

    spec: ModelSpec
    version: RoutedVersion
    stat: Stat
    format: Format | None  # None: that of the file
    rows: int  # of a chunk
    pipelines: bool  # whether there is a function for them


def plan(
    request: Request,
    specs: SpecStore,
    registry: Registry,
    files: Files,
    *,
    pipelines: bool = False,
) -> Planned:
    """Plan the scoring of a file and leave the plan and its chunks where scoring finds them.

    A file that cannot be scored is an answer, no exception. The same content, scored before by
    the same version in the same way, is not looked at again.

    Args:
        request: what is to be scored.
        specs: of the deployed models.
        registry: knows the version in service.
        files: where everything lies.
        pipelines: whether there is a function for users' own pipelines.

    Raises:
        Unavailable: a store does not answer.
    """
    try:
        wanted = _wanted(request, specs, registry, files, pipelines)
        prefix = _prefix(request, wanted)
        if files.exists(prefix + RESULT):
            return Planned(prefix, reused=True)
        chunks = _write(request, wanted, prefix, files)
    except (UnknownModel, ModelNotTrained, DataRejected, ArtifactError) as error:
        return Planned(refused=str(error))
    return Planned(prefix, chunks, tolerated_failures=wanted.spec.scoring.tolerated_failures)


def _wanted(
    request: Request, specs: SpecStore, registry: Registry, files: Files, pipelines: bool
) -> _Wanted:
    spec, source = specs.spec_of(request.model), request.source
    route = registry.route(request.model)
    if route is None:
        raise ModelNotTrained(f"{request.model} has no version in service; train it first")
    try:
        stat = files.stat(layout.uri(source.bucket, source.key), source.version_id or None)
    except FileNotFoundError:
        raise DataRejected("the file is gone") from None
    form, rows = _said(stat.metadata)
    rows = rows or spec.scoring.chunk_rows
    return _Wanted(spec, route.champion, stat, form, rows, pipelines)


def _said(metadata: Mapping[str, str]) -> tuple[Format | None, int]:
    """Format and rows of a chunk that the uploader asks for.

    Raises:
        DataRejected: they make no sense.
    """
    form, rows = metadata.get(FORMAT_WANTED), metadata.get(ROWS_WANTED, "")
    try:
        return Format(form) if form else None, max(1, int(rows)) if rows else 0
    except ValueError:
        raise DataRejected(
            f"the file's metadata says {FORMAT_WANTED} {form!r} and {ROWS_WANTED} {rows!r}; "
            "expected csv or parquet, and a number"
        ) from None


def _prefix(request: Request, wanted: _Wanted) -> str:
    """Where this scoring works: named after everything its result depends on."""
    depends_on = {
        "format": RESULT_FORMAT,
        "artifact": wanted.version.artifact_digest,
        "version": wanted.version.number,
        "etag": wanted.stat.etag,
        "size": wanted.stat.size,
        "chunk_rows": wanted.rows,
        "output": wanted.format,
        "id_column": wanted.spec.id_column,
        "missing_markers": wanted.spec.missing_markers,
        "tolerated_rejects": wanted.spec.scoring.tolerated_rejects,
    }
    if wanted.spec.id_column in wanted.spec.privacy.pseudonymised:
        depends_on["pseudonyms"] = True  # results from before it was so are not taken again
    digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
    return layout.uri(request.source.bucket, layout.scoring_prefix(request.model, digest))


def _write(request: Request, wanted: _Wanted, prefix: str, files: Files) -> int:
    """Cut the file and keep what was planned; returns the number of chunks.

    Raises:
        DataRejected: the file cannot be read, lacks columns or has no rows.
        ArtifactError: the version cannot be loaded.
    """
    artifact = _artifact(wanted, files)
    features = [feature.name for feature in artifact.encoder.features]
    rows = min(wanted.rows, KEPT_ROWS) if is_kept(artifact) else wanted.rows
    cut = Cutter(request.source, features, rows, prefix, files).cut()
    made = Plan(
        request=request,
        spec=wanted.spec,
        version=wanted.version,
        input_format=cut.format,
        output_format=wanted.format or cut.format,
        header=cut.header,
        classes=artifact.classes,
        delimiter=cut.delimiter,
        rows=sum(chunk.rows for chunk in cut.chunks),
        sha256=cut.sha256,
    )
    documents = {PLAN: made.to_json(), CHUNKS: [chunk.to_json() for chunk in cut.chunks]}
    for name, document in documents.items():
        files.write(prefix + name, json.dumps(document).encode(), JSON)
    return len(cut.chunks)


def _artifact(wanted: _Wanted, files: Files) -> Artifact:
    """What the version is, once it is known that it can be run.

    Raises:
        ArtifactError: it is missing or damaged, or nothing here runs it.
    """
    version = wanted.version
    try:
        data = files.read(version.artifact_uri)
    except FileNotFoundError:
        raise ArtifactError(f"the artifact of version {version.number} is missing") from None
    artifact = load_artifact(data, version.artifact_digest)
    if not is_kept(artifact):
        load_model(data, version.artifact_digest)
    elif not wanted.pipelines:
        raise ArtifactError(NO_FUNCTION)
    return artifact
