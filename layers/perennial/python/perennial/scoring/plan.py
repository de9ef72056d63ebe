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
from perennial.scoring.model import TableModel, load_model
from perennial.scoring.records import CHUNKS, JSON, PLAN, RESULT, RESULT_FORMAT, Plan
from perennial.scoring.request import Request
from perennial.settings import SpecStore
from perennial.spec import ModelSpec

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


def plan(request: Request, specs: SpecStore, registry: Registry, files: Files) -> Planned:
    """Plan the scoring of a file and leave the plan and its chunks where scoring finds them.

    A file that cannot be scored is an answer, no exception. The same content, scored before by
    the same version in the same way, is not looked at again.

    Raises:
        Unavailable: a store does not answer.
    """
    try:
        wanted = _wanted(request, specs, registry, files)
        prefix = _prefix(request, wanted)
        if files.exists(prefix + RESULT):
            return Planned(prefix, reused=True)
        chunks = _write(request, wanted, prefix, files)
    except (UnknownModel, ModelNotTrained, DataRejected, ArtifactError) as error:
        return Planned(refused=str(error))
    return Planned(prefix, chunks, tolerated_failures=wanted.spec.scoring.tolerated_failures)


def _wanted(request: Request, specs: SpecStore, registry: Registry, files: Files) -> _Wanted:
    spec, source = specs.spec_of(request.model), request.source
    route = registry.route(request.model)
    if route is None:
        raise ModelNotTrained(f"{request.model} has no version in service; train it first")
    try:
        stat = files.stat(layout.uri(source.bucket, source.key), source.version_id or None)
    except FileNotFoundError:
        raise DataRejected("the file is gone") from None
    form, rows = _said(stat.metadata)
    return _Wanted(spec, route.champion, stat, form, rows or spec.scoring.chunk_rows)


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
    digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
    return layout.uri(request.source.bucket, layout.scoring_prefix(request.model, digest))


def _write(request: Request, wanted: _Wanted, prefix: str, files: Files) -> int:
    """Cut the file and keep what was planned; returns the number of chunks.

    Raises:
        DataRejected: the file cannot be read, lacks columns or has no rows.
        ArtifactError: the version cannot be loaded.
    """
    model = _model(wanted.version, files)
    features = [feature.name for feature in model.features]
    cut = Cutter(request.source, features, wanted.rows, prefix, files).cut()
    made = Plan(
        request=request,
        spec=wanted.spec,
        version=wanted.version,
        input_format=cut.format,
        output_format=wanted.format or cut.format,
        header=cut.header,
        classes=model.classes,
        delimiter=cut.delimiter,
        rows=sum(chunk.rows for chunk in cut.chunks),
        sha256=cut.sha256,
    )
    documents = {PLAN: made.to_json(), CHUNKS: [chunk.to_json() for chunk in cut.chunks]}
    for name, document in documents.items():
        files.write(prefix + name, json.dumps(document).encode(), JSON)
    return len(cut.chunks)


def _model(version: RoutedVersion, files: Files) -> TableModel:
    try:
        data = files.read(version.artifact_uri)
    except FileNotFoundError:
        raise ArtifactError(f"the artifact of version {version.number} is missing") from None
    return load_model(data, version.artifact_digest)
