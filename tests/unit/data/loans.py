"""Small specs and files for the tests of validation."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

from perennial.data.outcome import Validation
from perennial.data.problems import Problem, ProblemKind
from perennial.data.validation import validate
from perennial.spec import ModelSpec

SPEC: dict[str, object] = {
    "name": "loans",
    "task": "binary",
    "target": "paid",
    "positive_class": "yes",
    "features": {
        "age": {"type": "integer", "minimum": 18, "maximum": 99},
        "income": {"type": "number", "nullable": True},
        "job": {"type": "category", "categories": ["clerk", "nurse", "miner"]},
        "owner": {"type": "boolean"},
        "since": {"type": "timestamp"},
    },
    "data": {"minimum_rows": 20, "minimum_class_rows": 2},
}
HEADER = ["age", "income", "job", "owner", "since", "paid"]


def spec(**changes: object) -> ModelSpec:
    """The spec with fields replaced."""
    return ModelSpec.model_validate({**SPEC, **changes})


def features(**changes: object) -> dict[str, object]:
    """The features with some replaced."""
    original = SPEC["features"]
    assert isinstance(original, dict)
    return {**original, **changes}


def rows(number: int = 40) -> list[list[str]]:
    """Rows that fit, each of its own."""
    jobs = ["clerk", "nurse", "miner"]
    return [
        [
            str(18 + row % 80),
            f"{1000.5 + row}",
            jobs[row % 3],
            "true" if row % 2 else "false",
            f"2026-01-{1 + row % 28:02d}T08:00:00Z",
            "yes" if row % 5 == 0 else "no",
        ]
        for row in range(number)
    ]


def text(
    body: list[list[str]] | None = None, header: list[str] | None = None, delimiter: str = ","
) -> str:
    """A file of rows, nothing quoted."""
    lines = [HEADER if header is None else header, *(rows() if body is None else body)]
    return "".join(delimiter.join(line) + "\n" for line in lines)


def run(
    content: bytes | str, folder: Path, of: ModelSpec | None = None, name: str = "loans.csv"
) -> Validation:
    """Validate a file."""
    data = content.encode() if isinstance(content, str) else content
    return validate(io.BytesIO(data), name, of or spec(), folder)


def with_cell(row: int, column: str, value: str) -> str:
    """The file with one cell (of a row counted from 0) replaced."""
    body = rows()
    body[row][HEADER.index(column)] = value
    return text(body)


def problem(validation: Validation, kind: ProblemKind, column: str | None = None) -> Problem:
    """The only problem of a kind (and column)."""
    found = [
        one
        for one in validation.errors + validation.warnings
        if one.kind is kind and column in (None, one.column)
    ]
    assert len(found) == 1, validation.errors + validation.warnings
    return found[0]


def zipped(content: str) -> bytes:
    """The file packed with gzip."""
    return gzip.compress(content.encode(), mtime=0)
