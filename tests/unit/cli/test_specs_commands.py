"""`check` tells every mistake, `init` writes a spec that `check` accepts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.spec import load_spec

from cli import drafting, samples
from cli.exits import CommandError, Exit
from tests.unit.cli.conftest import Line

ROOT = Path(__file__).parents[3]


def test_good_specs_are_fine(line: Line) -> None:
    result = line("check")
    assert (result.exit_code, result.stderr) == (Exit.OK, "")
    assert "1 spec(s) without a mistake: wine" in result.stdout


def test_every_mistake_of_every_file_is_told(line: Line) -> None:
    (line.project.models / "b.yaml").write_text("name: b\ntask: regresion\n")
    (line.project.models / "c.yaml").write_text("nam: c\n")
    result = line("check")
    assert result.exit_code == Exit.INVALID
    assert "models/b.yaml:2: task: must be one of" in result.stdout
    assert "models/c.yaml:1: nam: no such field; did you mean 'name'?" in result.stdout
    document = json.loads(line("check", "--json").stdout)
    assert document["valid"] is False
    wrong = next(one for one in document["mistakes"] if one["field"] == "nam")
    assert (wrong["file"], wrong["line"]) == ("models/c.yaml", 1)
    assert wrong["message"] == "no such field; did you mean 'name'?"


def test_a_spec_in_a_file_of_another_name_is_a_mistake(line: Line) -> None:
    (line.project.models / "wine.yaml").rename(line.project.models / "vine.yaml")
    assert "so the file must be wine.yaml" in line("check").stdout


def test_what_is_not_there_is_not_found(line: Line) -> None:
    assert line("check", "none.yaml").exit_code == Exit.NOT_FOUND
    (line.project.models / "wine.yaml").unlink()
    assert line("check").exit_code == Exit.NOT_FOUND


def test_a_data_file_is_checked_against_its_spec(line: Line) -> None:
    good, bad = line.project.root / "good.csv", line.project.root / "bad.csv"
    good.write_text("a,y\n" + "".join(f"{n},{n * 2}\n" for n in range(120)))
    bad.write_text("a,y\n" + "".join(f"{n or 'x'},{n * 2}\n" for n in range(120)))
    assert line("check", "--data", str(good)).exit_code == Exit.OK
    result = line("check", "models/wine.yaml", "--data", str(bad))
    assert result.exit_code == Exit.INVALID
    assert "line 2" in result.stdout
    document = json.loads(line("check", "--data", str(bad), "--json").stdout)
    assert (document["valid"], document["data"]["rows"]) == (False, 120)
    assert line("check", "--data", "none.csv").exit_code == Exit.NOT_FOUND


def test_the_schema_is_printed(line: Line) -> None:
    assert json.loads(line("check", "--schema").stdout)["title"] == "Perennial model spec"


def test_a_first_spec_is_written_and_accepted(line: Line) -> None:
    data = line.project.root / "My Wines 2.csv"
    rows = (f"{n},{'red' if n % 3 else 'white'},{n / 7}\n" for n in range(200))
    data.write_text("a,colour,y\n" + "".join(rows))
    result = line("init", str(data), "--target", "y")
    assert result.exit_code == Exit.OK
    path = line.project.models / "my-wines-2.yaml"
    assert set(load_spec(path).features) >= {"colour"}
    assert line("check", str(path), "--data", str(data)).exit_code == Exit.OK


def test_a_spec_is_not_replaced_unasked(line: Line) -> None:
    data = line.project.root / "wine.csv"
    data.write_text("a,y\n" + "".join(f"{n % 50},{n / 7}\n" for n in range(200)))
    before = (line.project.models / "wine.yaml").read_text()
    result = line("init", str(data), "--target", "y")
    assert result.exit_code == Exit.FAILED
    assert "--force" in result.stderr
    assert (line.project.models / "wine.yaml").read_text() == before
    forced = line("init", str(data), "--target", "y", "--force", "--json")
    assert json.loads(forced.stdout)["model"] == "wine"
    assert (line.project.models / "wine.yaml").read_text() != before


def test_a_target_that_is_not_there_is_told_with_the_nearest(line: Line) -> None:
    data = line.project.root / "data.csv"
    data.write_text("age,churned\n1,2\n3,4\n")
    result = line("init", str(data), "--target", "churn")
    assert result.exit_code == Exit.INVALID
    assert "churned" in result.stderr


@given(st.text(max_size=80))
def test_a_model_name_is_valid_or_refused(text: str) -> None:
    try:
        name = drafting.model_name(text)
    except CommandError as error:
        assert error.code is Exit.USAGE  # noqa: PT017
    else:
        assert name[0].isalpha()
        assert 0 < len(name) <= 48
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize("model", samples.NAMES)
def test_the_samples_fit_their_specs(model: str, tmp_path: Path) -> None:
    from perennial.data.validation import validate

    spec = load_spec(ROOT / "models" / f"{model}.yaml")
    sample = samples.write(model, tmp_path)
    with sample.path.open("rb") as stream:
        outcome = validate(stream, sample.path.name, spec, tmp_path)
    assert outcome.accepted, outcome.reason
    assert outcome.rows == sample.rows
    assert set(sample.example) == set(spec.features)


@pytest.mark.parametrize(
    ("model", "file"),
    [
        ("bank-marketing", "bank-marketing.csv"),
        ("telco-churn", "telco-churn.csv"),
        ("bike-sharing", "bike-sharing-hour.csv"),
    ],
)
def test_the_public_data_sets_fit_their_specs(model: str, file: str, tmp_path: Path) -> None:
    from perennial.data.validation import validate

    data = ROOT.parent / "shared" / "data" / file
    if not data.is_file():
        pytest.skip(f"{file} is not in ../shared/data, beside the checkout")
    with data.open("rb") as stream:
        spec = load_spec(ROOT / "models" / f"{model}.yaml")
        outcome = validate(stream, file, spec, tmp_path)
    assert outcome.accepted, outcome.reason
