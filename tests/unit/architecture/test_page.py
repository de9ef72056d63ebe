"""`docs/architecture.md` shows every part there is, and the order of imports as it is held."""

from __future__ import annotations

import re

import pytest

from tests.unit.architecture.test_dependencies import LAYERS, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/*.py"))


@pytest.mark.parametrize("name", dict.fromkeys(FUNCTIONS))
def test_every_function_has_its_place_in_a_table(name: str) -> None:
    first_cells = re.findall(r"^\| (.*?) \|", PAGE, re.MULTILINE)
    assert any(f"`{name}`" in cell for cell in first_cells)


def test_the_order_of_imports_is_the_one_that_is_held() -> None:
    drawn = PAGE.split("```\ntraining/\n")[1].split("\n```")[0]
    lines = [re.findall(r"(\w+)(?:/|\.py)", line) for line in ["training/", *drawn.splitlines()]]
    assert lines == [list(layer) for layer in LAYERS]
