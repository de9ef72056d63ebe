"""A training file with persons: what of it is left in what validation writes."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.data.outcome import Validation
from perennial.data.validation import validate
from perennial.errors import MissingSetting
from perennial.privacy.pseudonyms import Pseudonyms
from perennial.spec import ModelSpec

SPEC: dict[str, Any] = {
    "name": "loans",
    "task": "binary",
    "target": "paid",
    "positive_class": "yes",
    "id_column": "loan",
    "features": {"age": {"type": "integer"}, "town": {"type": "category", "nullable": True}},
    "data": {"minimum_rows": 20, "minimum_class_rows": 2},
    "privacy": {
        "pii": {"name": "drop", "town": "pseudonymise", "customer": "pseudonymise"},
        "person": "customer",
        "learned": ["town"],
    },
}
PSEUDONYMS = Pseudonyms(lambda: b"k" * 32)
PERSON = ("Anna Karenina", "c-4711", "Yasnaya")


def rows(number: int = 40) -> list[dict[str, object]]:
    name, customer, town = PERSON
    made: list[dict[str, object]] = [
        {"loan": f"l{n}", "customer": f"c{n % 9}", "name": f"N{n}", "age": 20 + n, "town": "Oblast"}
        | {"paid": "yes" if n % 3 else "no"}
        for n in range(number)
    ]
    made[3] |= {"customer": customer, "name": name, "town": town}
    made[4] |= {"customer": None, "town": None}
    return made


def as_csv(table: list[dict[str, object]]) -> bytes:
    lines = [",".join(table[0])]
    lines += [",".join("" if one is None else str(one) for one in row.values()) for row in table]
    return ("\n".join(lines) + "\n").encode()


def as_parquet(table: list[dict[str, object]]) -> bytes:
    body = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(table), body)
    return body.getvalue()


def validated(body: bytes, folder: Path, pseudonyms: Pseudonyms | None = PSEUDONYMS) -> Validation:
    spec = ModelSpec.model_validate(SPEC)
    return validate(io.BytesIO(body), "data", spec, folder, pseudonyms)


def everything(validation: Validation) -> str:
    """All that is written of a validation, as text."""
    assert validation.snapshot is not None, validation.reason
    assert validation.profile is not None
    assert validation.snapshot.sample is not None
    kept = pq.read_table(validation.snapshot.path).to_pylist()
    sample = validation.snapshot.sample.to_pylist()
    problems = [asdict(one) for one in (*validation.errors, *validation.warnings)]
    told = [kept, sample, problems, validation.profile.model_dump_json()]
    return json.dumps(told, default=str)


@pytest.mark.parametrize("form", [as_csv, as_parquet])
def test_nothing_that_is_written_names_a_person(form: Any, tmp_path: Path) -> None:
    text = everything(validated(form(rows()), tmp_path))
    assert not [one for one in PERSON if one in text]


@pytest.mark.parametrize("form", [as_csv, as_parquet])
def test_the_dataset_has_pseudonyms_and_no_dropped_column(form: Any, tmp_path: Path) -> None:
    validation = validated(form(rows()), tmp_path)
    assert validation.snapshot is not None
    kept = pq.read_table(validation.snapshot.path)
    assert kept.column_names == ["loan", "customer", "age", "town", "paid"]
    row = kept.to_pylist()[3]
    assert row["customer"] == PSEUDONYMS.of("c-4711", "customer")
    assert row["town"] == PSEUDONYMS.of("Yasnaya", "town")
    assert (kept["customer"][4].as_py(), kept["town"][4].as_py()) == (None, None)


@pytest.mark.parametrize("number", [7, 12_345_678_901, 2**53 - 1])
def test_a_column_of_numbers_with_gaps_names_the_persons_callers_name(
    number: int, tmp_path: Path
) -> None:
    """Whole numbers with gaps are floats in a Parquet file, and Arrow writes 1.2345678901e+10."""
    table = pa.Table.from_pylist(rows())
    place = table.column_names.index("customer")
    numbers = pa.array([None, float("nan"), *map(float, range(36)), float(number), 7.0])
    body = io.BytesIO()
    pq.write_table(table.set_column(place, "customer", numbers), body)
    validation = validated(body.getvalue(), tmp_path)
    assert validation.snapshot is not None, validation.reason
    kept = pq.read_table(validation.snapshot.path)["customer"].to_pylist()
    assert kept[:2] == [None, None]
    assert kept[-2:] == [PSEUDONYMS.of(str(one), "customer") for one in (number, 7)]


def test_a_row_that_is_shifted_shows_nobody(tmp_path: Path) -> None:
    lines = as_csv(rows()).decode().split("\n")
    lines[5] = "l4,c4,x,Anna Karenina,24,yes"  # the name has come to stand under `age`
    validation = validated("\n".join(lines).encode(), tmp_path)
    (problem,) = validation.errors
    assert [(one.line, one.value) for one in problem.examples] == [(6, None)]
    assert "Karenina" not in validation.reason


def test_what_bears_pseudonyms_already_is_the_same_dataset(tmp_path: Path) -> None:
    replaced = [
        {
            **row,
            **{
                name: row[name] and PSEUDONYMS.of(str(row[name]), name)
                for name in ("customer", "town")
            },
        }
        for row in rows()
    ]
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    raw = validated(as_csv(rows()), tmp_path / "a")
    again = validated(as_csv(replaced), tmp_path / "b")
    assert raw.snapshot is not None
    assert again.snapshot is not None
    assert again.snapshot.digest == raw.snapshot.digest


def test_whole_numbers_are_the_persons_their_digits_name(tmp_path: Path) -> None:
    table = [{**row, "customer": number} for number, row in enumerate(rows())]
    digests = set()
    for form in (as_csv, as_parquet):
        (folder := tmp_path / form.__name__).mkdir()
        validation = validated(form(table), folder)
        assert validation.snapshot is not None, validation.reason
        digests.add(validation.snapshot.digest)
    assert len(digests) == 1


def test_wrong_values_are_told_without_a_person(tmp_path: Path) -> None:
    table = rows()
    table[3]["age"] = "much"
    validation = validated(as_csv(table), tmp_path)
    told = json.dumps([asdict(one) for one in validation.errors])
    assert validation.errors
    assert not [one for one in PERSON if one in told]


def test_without_a_key_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(MissingSetting):
        validated(as_csv(rows()), tmp_path, None)
