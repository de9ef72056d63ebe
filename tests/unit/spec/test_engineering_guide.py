"""The page on feature engineering is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from perennial.features.by_column import derived
from perennial.features.steps import KINDS, Step
from perennial.spec.derived import MOST_COLUMNS
from perennial.spec.source import parse_spec
from perennial.spec.steps import STEPS
from perennial.training.selection import _MOST_ROWS as MOST_ROWS

from tests.unit.spec.test_documentation import DOCS, default_of

PAGE = (DOCS / "feature-engineering.md").read_text(encoding="utf-8")


def section(kind: str) -> str:
    return PAGE.split(f"\n### `{kind}`\n", 1)[1].split("\n## ")[0].split("\n### ")[0]


@pytest.mark.parametrize("kind", STEPS)
def test_every_step_is_documented_with_its_fields(kind: str) -> None:
    lines = [line for line in section(kind).splitlines() if line.startswith("| `")]
    documented = {}
    for line in lines:
        name, default, meaning = (cell.strip() for cell in line.strip("|").split("|"))
        documented[name.strip("`")] = [default, meaning]
    fields = {name: one for name, one in STEPS[kind].model_fields.items() if name != "step"}
    assert documented == {name: [default_of(one), one.description] for name, one in fields.items()}


def test_the_example_is_a_valid_section() -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    head = "name: m\ntask: regression\ntarget: y\n"
    spec = parse_spec(head + example[1])
    assert len(spec.engineering.steps) == 6


def test_the_limits_are_those_of_the_code() -> None:
    assert f"At most {MOST_COLUMNS:,} columns" in PAGE
    assert f"at most {MOST_ROWS:,} rows" in PAGE


def test_the_decision_counts_the_kinds() -> None:
    (page,) = (DOCS / "adr").glob("0020-*.md")
    assert len(KINDS) == 11
    assert "eleven kinds" in page.read_text(encoding="utf-8")
    assert Path("by_row.py").name in page.read_text(encoding="utf-8")


def test_a_step_of_no_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no such step"):
        derived([], Step("guess", [], []))
