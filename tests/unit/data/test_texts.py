"""Texts people wrote: known by their length, and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
from perennial.data.order import Order
from perennial.data.outcome import Validation
from perennial.data.page import validation_page
from perennial.data.problems import ProblemKind
from perennial.data.profile import NumberProfile
from perennial.data.publication import validation_document
from perennial.registry.records import SourceObject
from perennial.report import render
from perennial.spec import ModelSpec

from tests.unit.data.loans import HEADER, features, problem, rows, run, spec, text

SECRET = "my name is Ada Byron 👩🏽"
TEXT = {"type": "text", "nullable": True}
STEPS = {"steps": [{"step": "text", "column": "said"}]}


def with_texts(texts: list[str], folder: Path, **feature: object) -> tuple[ModelSpec, Validation]:
    body = [[*row[:-1], f'"{said}"', row[-1]] for row, said in zip(rows(), texts, strict=True)]
    told = spec(features=features(said={**TEXT, **feature}), engineering=STEPS)
    return told, run(text(body, [*HEADER[:-1], "said", "paid"]), folder, told)


def test_a_text_is_profiled_by_its_length(tmp_path: Path) -> None:
    _, validation = with_texts([SECRET, "", "so,\nso"] + ["ä" * 9] * 37, tmp_path)
    assert validation.accepted, validation.reason
    assert validation.profile is not None
    found = validation.profile.features["said"]
    assert isinstance(found, NumberProfile)
    assert (found.minimum, found.maximum, found.nulls) == (6, len(SECRET), 1)
    written = pq.read_table(tmp_path / "data.parquet")["said"].to_pylist()
    assert written[:3] == [SECRET, None, "so,\nso"]


def test_a_text_is_shown_nowhere_and_in_no_sample(tmp_path: Path) -> None:
    told, validation = with_texts([SECRET] * 40, tmp_path)
    order = Order("loans", "r", SourceObject("b", "k", "v", "e", 1))
    page = render(validation_page(order, told, validation))
    document = str(validation_document(order, told, validation))
    assert "Ada" not in page + document + str(validation.profile)
    assert validation.snapshot is not None
    assert validation.snapshot.sample is not None
    assert "said" not in validation.snapshot.sample.column_names


def test_a_missing_text_is_refused_where_it_must_be_there(tmp_path: Path) -> None:
    _, validation = with_texts(["x"] * 39 + [""], tmp_path, nullable=False)
    found = problem(validation, ProblemKind.NULL, "said")
    assert (found.count, found.examples[0].value) == (1, None)


def test_rows_that_differ_in_their_text_do_not_repeat(tmp_path: Path) -> None:
    body = [[*rows(1)[0][:-1], said, "yes"] for said in ("one", "two", "two", "")] * 10
    told = spec(features=features(said=TEXT), engineering=STEPS)
    validation = run(text(body, [*HEADER[:-1], "said", "paid"]), tmp_path, told)
    assert validation.repeated_rows == 37
