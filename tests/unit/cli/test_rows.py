"""Rows reach the endpoint as the spec types them, from wherever they come."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cli import rows
from cli.exits import CommandError, Exit

SPEC = """\
name: m
task: regression
target: y
features:
  n: {type: number}
  i: {type: integer}
  c: {type: category}
  b: {type: boolean}
  t: {type: timestamp}
"""
ROW = {"n": 1.5, "i": 2, "c": "007", "b": True, "t": "2026-01-01"}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "m.yaml").write_text(SPEC)
    return tmp_path


def test_a_csv_file_is_typed_by_the_spec_and_loses_its_target(models: Path) -> None:
    file = models / "rows.csv"
    file.write_text("\ufeffn;i;c;b;t;y\n1.5;2;007;yes;2026-01-01;9\n;NA;;0;;9\n")
    assert rows.given((), file, models, "m") == [
        ROW,
        {"n": None, "i": None, "c": None, "b": False, "t": None},
    ]


def test_a_value_of_another_type_is_told_with_its_line(models: Path) -> None:
    file = models / "rows.csv"
    file.write_text("n,i\n1,2\n1,x\n")
    with pytest.raises(CommandError, match=r"rows\.csv:3: i is no integer"):
        rows.given((), file, models, "m")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one.json", json.dumps(ROW)),
        ("list.json", json.dumps([ROW])),
        ("body.json", json.dumps({"rows": [ROW]})),
        ("lines.jsonl", json.dumps(ROW) + "\n\n"),
    ],
)
def test_json_is_taken_in_every_form(models: Path, name: str, text: str) -> None:
    (models / name).write_text(text)
    assert rows.given((), models / name, models, "m") == [ROW]


def test_rows_come_from_options_and_stdin(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"n": 2}'))
    assert rows.given(['{"n": 1}'], Path("-"), models, "m") == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("texts", "code"),
    [((), Exit.USAGE), (("{",), Exit.USAGE), (("[1]",), Exit.USAGE), (("3",), Exit.USAGE)],
)
def test_what_is_no_row_is_refused(models: Path, texts: tuple[str, ...], code: Exit) -> None:
    with pytest.raises(CommandError) as caught:
        rows.given(texts, None, models, "m")
    assert caught.value.code is code


def test_a_missing_file_and_an_unknown_model_are_not_found(models: Path) -> None:
    with pytest.raises(CommandError) as caught:
        rows.given((), models / "none.json", models, "m")
    assert caught.value.code is Exit.NOT_FOUND
    (models / "rows.csv").write_text("n\n1\n")
    with pytest.raises(CommandError, match="did you mean m"):
        rows.given((), models / "rows.csv", models, "mm")
