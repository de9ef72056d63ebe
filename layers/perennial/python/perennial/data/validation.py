"""The pass over an uploaded file: read, check, profile and snapshot it at once."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from perennial.data.ahead import one_ahead
from perennial.data.columns import columns_of
from perennial.data.gathering import Gathering
from perennial.data.header import check_header
from perennial.data.outcome import Validation, concluded
from perennial.data.problems import ProblemKind, Problems, Severity
from perennial.data.protection import protected
from perennial.data.source import Source, SourceFacts
from perennial.errors import UnreadableData
from perennial.privacy.pseudonyms import Pseudonyms
from perennial.spec import ModelSpec


def validate(
    stream: BinaryIO,
    name: str,
    spec: ModelSpec,
    folder: Path,
    pseudonyms: Pseudonyms | None = None,
) -> Validation:
    """Check a file against a spec. What is wrong with it is an outcome, no exception.

    Memory does not grow with the file; the source is read once, and a Parquet source copied.

    Args:
        stream: the file's bytes; read once, from start to end, in another thread.
        name: what the file is called.
        spec: what it should hold.
        folder: where the snapshot (and a Parquet source) may be put.
        pseudonyms: stand for persons; needed where the spec asks for that.
    """
    problems = Problems()
    try:
        source = Source(stream, name, spec.columns, folder / "source.parquet")
    except UnreadableData as error:
        return _unreadable(error, problems, None)
    if source.misnamed:
        problems.add(ProblemKind.NAME_DISAGREES, None, source.misnamed, severity=Severity.WARNING)
    check_header(source.header, spec, problems)
    if problems.fatal:
        return concluded(problems, 0, 0, source.facts(), None, None)
    return _gathered(source, spec, problems, folder / "data.parquet", pseudonyms)


def _gathered(
    source: Source,
    spec: ModelSpec,
    problems: Problems,
    path: Path,
    pseudonyms: Pseudonyms | None,
) -> Validation:
    columns = columns_of(spec)
    gathering = Gathering(spec, columns, problems, path)
    try:
        for chunk in one_ahead(source.chunks(columns, spec.missing_markers, problems)):
            gathering.add(protected(chunk, spec.privacy.pseudonymised, pseudonyms))
        return gathering.conclude(source.facts())
    except UnreadableData as error:
        return _unreadable(error, problems, source.facts())
    finally:
        gathering.close()


def _unreadable(error: UnreadableData, problems: Problems, facts: SourceFacts | None) -> Validation:
    problems.add(ProblemKind.UNREADABLE, None, str(error))
    return concluded(problems, 0, 0, facts, None, None)
