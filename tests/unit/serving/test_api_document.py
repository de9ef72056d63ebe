"""`docs/api.md` says what the code does: tables and examples are compared with it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from perennial.serving import gateway, journal, manage, predict, rows
from perennial.serving.contributions import Contributions
from perennial.serving.problems import CATALOGUE, MAX_ERRORS, TYPE_PREFIX
from perennial.serving.protocols import native
from perennial.spec import FeatureType

DOCUMENT = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")


def table_after(heading: str) -> list[list[str]]:
    """The cells of the first table after a line that begins with `heading`, without its head."""
    lines = iter(DOCUMENT.splitlines())
    for line in lines:
        if line.startswith(heading):
            break
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("|"):
            found.append([cell.strip() for cell in line.strip("|").split("|")])
        elif found:
            break
    assert found, heading
    return found[2:]


def examples() -> list[str]:
    return re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)


def test_the_table_of_errors_is_the_catalogue() -> None:
    documented = [
        (slug.strip("`"), int(status), title)
        for slug, status, title, _ in table_after("At most 100 are listed")
    ]
    assert documented == [(kind.slug, kind.status, kind.title) for kind in CATALOGUE]
    assert TYPE_PREFIX in DOCUMENT


def test_every_error_says_what_to_do() -> None:
    assert all(cells[3] for cells in table_after("At most 100 are listed"))
    assert f"At most {MAX_ERRORS} are listed" in DOCUMENT


def test_the_limits_are_the_codes() -> None:
    documented = [
        int(value.replace(",", ""))
        for _, value in table_after("A row names features and nothing else")
    ]
    assert documented == [rows.MAX_ROWS, rows.MAX_BODY, rows.MAX_EXPLAINED]


def test_every_type_of_feature_has_an_example() -> None:
    documented = table_after("### Request")
    assert {cells[0].strip("`") for cells in documented} == {kind.value for kind in FeatureType}
    assert all(json.loads(cells[2].strip("`")) is not None for cells in documented)


def test_the_paths_are_the_codes() -> None:
    for method, resource in (
        ("POST", predict.PREDICT),
        ("POST", predict.EXPLAIN),
        ("GET", manage.MODELS),
        ("GET", manage.MODEL),
    ):
        assert f"`{method} {resource}`" in DOCUMENT


def test_the_metrics_are_the_codes() -> None:
    documented = [(name.strip("`"), unit) for name, unit, _ in table_after("## What is logged")]
    metrics = [*journal.METRICS, journal.LOAD_FAILURES]
    assert documented == [(metric["Name"], metric["Unit"]) for metric in metrics]


@pytest.mark.parametrize("example", examples())
def test_every_json_example_is_json(example: str) -> None:
    assert json.loads(example)


def test_the_python_example_is_python() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    compile(code, "docs/api.md", "exec")


def test_the_example_model_could_be_one() -> None:
    assert gateway.is_model_name(json.loads(examples()[0])["model"])


def test_the_runbook_names_problems_there_are() -> None:
    runbook = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    named = set(re.findall(r"\b([45]\d\d) `([a-z-]+)`", runbook))
    assert named
    assert named <= {(str(kind.status), kind.slug) for kind in CATALOGUE}


def test_the_parameters_are_the_codes() -> None:
    documented = [cells[0].strip("`").partition("=") for cells in table_after("`Content-Encoding")]
    assert [name for name, _, _ in documented] == ["explain", "probabilities"]
    call = gateway.Call({"queryStringParameters": {name: value for name, _, value in documented}})
    native._read_query(call)
    assert (call.explain, call.probabilities) == (5, False)


def test_the_example_of_reasons_adds_up_and_is_what_is_answered() -> None:
    example = next(found for text in examples() if "base_value" in (found := json.loads(text)))
    parts = [one["contribution"] for one in example["contributions"]]
    names = [one["feature"] for one in example["contributions"]]
    assert abs(sum(parts) + example["base_value"] - example["margin"]) < 1e-9
    made = Contributions(names, None, [[*parts, example["base_value"]]]).document(0)
    assert json.dumps(list(made)) == json.dumps(list(example))
