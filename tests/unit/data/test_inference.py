"""A drafted spec is valid, fits the data it came from, and says what is doubtful."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from perennial.data.infer import infer, render_spec
from perennial.data.spec_draft import Draft
from perennial.data.validation import validate
from perennial.errors import DataRejected
from perennial.spec import GateAgainst, ModelSpec, Task
from perennial.spec.source import parse_spec

from tests.unit.data.loans import HEADER, rows, text


def draft(content: str, target: str = "paid") -> tuple[Draft, ModelSpec]:
    found = infer(io.BytesIO(content.encode()), "loans.csv", target)
    return found, parse_spec(render_spec(found, "loans"), "loans.yaml")


def test_a_draft_accepts_the_data_it_was_made_from(tmp_path: Path) -> None:
    content = text(rows(200), delimiter=";")
    _, spec = draft(content)
    assert validate(io.BytesIO(content.encode()), "loans.csv", spec, tmp_path).accepted


@pytest.mark.parametrize(("target", "tolerance"), [("paid", 0.01), ("income", 0.0)])
def test_a_draft_lets_the_chance_of_a_holdout_pass_where_its_size_is_known(
    target: str, tolerance: float
) -> None:
    _, spec = draft(text(rows(200)), target)
    (gate,) = [gate for gate in spec.gates if gate.against is GateAgainst.CHAMPION]
    assert gate.tolerance == tolerance


def test_types_and_categories_are_inferred() -> None:
    _, spec = draft(text(rows(200)))
    assert {name: feature.type.value for name, feature in spec.features.items()} == {
        "age": "integer",
        "income": "number",
        "job": "category",
        "owner": "boolean",
    }
    assert spec.features["job"].categories == ("clerk", "miner", "nurse")
    assert (spec.task, spec.positive_class, spec.time_column) == (Task.BINARY, "yes", "since")


def test_identifiers_and_constants_and_free_text_are_no_features() -> None:
    body = [
        [f"id-{n}", "same", f"some words about {n} and {n // 2}", *row]
        for n, row in enumerate(rows(200))
    ]
    found, spec = draft(text(body, ["key", "kind", "note", *HEADER]))
    assert spec.id_column == "key"
    assert set(spec.excluded) == {"kind", "note"}
    assert any("kind has the same value" in doubt for doubt in found.doubts)


def test_columns_that_add_up_to_the_target_are_excluded() -> None:
    body = [[str(n % 7), str(n % 11), str(n % 7 + n % 11), str(n % 5)] for n in range(300)]
    found, spec = draft(text(body, ["casual", "registered", "total", "hour"]), "total")
    assert spec.task is Task.REGRESSION
    assert set(spec.excluded) == {"casual", "registered"}
    assert len(found.doubts) >= 2


def test_a_column_that_gives_the_target_away_is_excluded() -> None:
    body = rows(400)
    for row in body:
        row[1] = "10.5" if row[-1] == "yes" else "20.25"
    _, spec = draft(text(body))
    assert "income" in spec.excluded


def test_unusual_missing_markers_are_found_in_columns_of_numbers() -> None:
    body = rows(200)
    body[3][1] = "?"
    found, spec = draft(text(body))
    assert found.markers == ("?",)
    assert "?" in spec.missing_markers
    assert spec.features["income"].nullable


def test_names_and_labels_that_mean_something_in_yaml_are_quoted() -> None:
    body = [[row[0], "yes" if n % 3 else "null", row[-1]] for n, row in enumerate(rows(200))]
    _, spec = draft(text(body, ["on: #1", "'quoted'", "paid"]))
    assert set(spec.features) == {"on: #1", "'quoted'"}


def test_a_misspelt_target_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(DataRejected, match="did you mean 'paid'"):
        draft(text(), "payed")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (text([[*row[:-1], "no"] for row in rows()]), "same value in every row"),
        (text([[*row[:-1], f"text {n}"] for n, row in enumerate(rows(200))]), "neither a class"),
        (text(rows(1)), "nothing to learn"),
        ("paid\nyes\nno\n", "no column besides the target"),
    ],
)
def test_nothing_is_drafted_where_nothing_can_be_learned(content: str, told: str) -> None:
    with pytest.raises(DataRejected, match=told):
        draft(content)


@pytest.mark.parametrize(("no", "yes"), [("0", "1"), ("0.0", "1.0")])
def test_zeros_and_ones_are_labels_and_a_target_of_them_is_binary(
    no: str, yes: str, tmp_path: Path
) -> None:
    body = [[row[0], yes if n % 3 else no, no if n % 5 else yes] for n, row in enumerate(rows(200))]
    body[7][1] = ""
    content = text(body, ["age", "senior", "left"])
    found, spec = draft(content, "left")
    assert (spec.task, spec.positive_class) == (Task.BINARY, "1")
    assert spec.features["senior"].categories == ("0", "1")
    assert spec.features["senior"].nullable
    assert any("senior is 0 or 1" in doubt for doubt in found.doubts)
    assert validate(io.BytesIO(content.encode()), "loans.csv", spec, tmp_path).accepted


def test_counts_that_reach_beyond_one_stay_numbers() -> None:
    body = [[str(n % 2 + (n == 151)), str(n % 2 + 1), row[-1]] for n, row in enumerate(rows(200))]
    found, spec = draft(text(body, ["children", "kind", "paid"]))
    assert [one.type.value for one in spec.features.values()] == ["integer", "integer"]
    assert any("kind has 2 different values; if they are codes" in one for one in found.doubts)
