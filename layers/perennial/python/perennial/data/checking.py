"""Checks the values of a file and nothing else: no profile, no dataset, no report."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from perennial.data.ahead import one_ahead
from perennial.data.columns import Role, columns_of
from perennial.data.examination import Examination
from perennial.data.header import check_header
from perennial.data.problems import Problem, Problems, Severity
from perennial.data.source import Source
from perennial.data.verdict import judge_identifiers
from perennial.spec import ModelSpec


def check(stream: BinaryIO, name: str, spec: ModelSpec, folder: Path) -> list[Problem]:
    """Columns, types, ranges, categories, nulls and identifiers of a file against a spec.

    Args:
        stream: the file's bytes; read once.
        name: what the file is called.
        spec: what it should hold.
        folder: where a Parquet source may be put.

    Raises:
        UnreadableData: the bytes are not the file they claim to be.
    """
    problems = Problems()
    source = Source(stream, name, spec.columns, folder / "source.parquet")
    check_header(source.header, spec, problems)
    if not problems.fatal:
        columns = columns_of(spec)
        examinations = [Examination(column, profiled=False) for column in columns]
        for chunk in one_ahead(source.chunks(columns, spec.missing_markers, problems)):
            for one in examinations:
                one.add(chunk)
        for one in examinations:
            problems.found.update(one.problems.found)
            if one.column.role is Role.ID:
                judge_identifiers(one.column, one.identifiers.repeats(), problems)
    return problems.of(Severity.ERROR) + problems.of(Severity.WARNING)
