"""`docs/openapi.md` speaks of what there is."""

from __future__ import annotations

import re
from pathlib import Path

from perennial.serving import manage
from perennial.serving.openapi.problems import GATEWAY_TYPE
from perennial.serving.openapi.rows import MOST_CATEGORIES

from cli.app import app

GUIDE = (Path(__file__).parents[3] / "docs" / "openapi.md").read_text("utf-8")


def test_the_paths_it_names_are_answered() -> None:
    named = re.findall(r"`GET (/[^`]*)`", GUIDE)
    assert set(named) == {manage.OPENAPI, manage.DOCS}


def test_the_numbers_and_names_are_those_of_the_code() -> None:
    assert f"more than {MOST_CATEGORIES} categories" in GUIDE
    assert f"`{GATEWAY_TYPE}`" in GUIDE
    assert "openapi" in [command.name for command in app.registered_commands]
