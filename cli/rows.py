"""Rows to predict for, from the command line or a file, as the endpoint takes them."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from perennial.spec import ModelSpec

Row = dict[str, Any]


def given(texts: Sequence[str], file: Path | None, models: Path, model: str) -> list[Row]:
    """The rows of `--row` options and of a file.

    A CSV file has only text, so its values become what the spec in `models` says they are; its
    other columns, such as the target, are left out.

    Raises:
        CommandError: there is no row, or one that cannot be read.
    """
    found = [_object(_parse(text, f"--row {number}")) for number, text in enumerate(texts, 1)]
    if file is not None:
        found += _of_file(file, models, model)
    if not found:
        raise CommandError("There is no row to predict for; give a file or --row.", code=Exit.USAGE)
    return found


def _of_file(file: Path, models: Path, model: str) -> list[Row]:
    if str(file) == "-":
        return _objects(_parse(sys.stdin.read(), "stdin"))
    if not file.is_file():
        raise CommandError(f"{file}: no such file.", code=Exit.NOT_FOUND)
    if file.suffix == ".csv":
        from cli.specs import spec_of

        return of_csv(file, spec_of(models, model))
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".jsonl":
        lines = [line for line in text.splitlines() if line.strip()]
        return [_object(_parse(line, f"{file}:{n}")) for n, line in enumerate(lines, 1)]
    return _objects(_parse(text, str(file)))


def of_csv(file: Path, spec: ModelSpec) -> list[Row]:
    """The rows of a CSV file, its values typed by the spec.

    Raises:
        CommandError: a value is not of its feature's type.
    """
    with file.open(encoding="utf-8-sig", newline="") as stream:
        head = stream.readline()
        delimiter = max(",;\t|", key=head.count)
        stream.seek(0)
        lines = csv.DictReader(stream, delimiter=delimiter)
        return [_typed(line, spec, f"{file}:{lines.line_num}") for line in lines]


def _typed(line: dict[str, str], spec: ModelSpec, place: str) -> Row:
    row: Row = {}
    for name, feature in spec.features.items():
        if name not in line:
            continue
        text = line[name]
        try:
            row[name] = None if text in spec.missing_markers else _value(text, feature.type.value)
        except ValueError:
            raise CommandError(f"{place}: {name} is no {feature.type.value}.") from None
    return row


def _value(text: str, kind: str) -> object:
    if kind == "number":
        return float(text)
    if kind == "integer":
        return int(text)
    if kind == "boolean":
        known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if text.lower() not in known:
            raise ValueError(text)
        return known[text.lower()]
    return text


def _parse(text: str, place: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise CommandError(
            f"{place} is no JSON: {error}",
            advice="""A row is written as '{"age": 41, "plan": "plus"}'.""",
            code=Exit.USAGE,
        ) from error


def _objects(document: object) -> list[Row]:
    """Rows as a list, as one object, or as the body of a request."""
    if isinstance(document, dict) and isinstance(document.get("rows"), list):
        document = document["rows"]
    return [_object(one) for one in (document if isinstance(document, list) else [document])]


def _object(document: object) -> Row:
    if not isinstance(document, dict):
        raise CommandError('A row is a JSON object: {"feature": value, ...}.', code=Exit.USAGE)
    return document
