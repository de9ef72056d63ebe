"""`docs/audit.md` and `docs/lineage.md` say what the code does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from perennial.provenance.findings import Kind
from perennial.registry.layout import HEADS, gathered_prefix

from cli.app import app
from stacks.history_settings import HistorySettings

DOCS = Path(__file__).parents[3] / "docs"
AUDIT, LINEAGE = ((DOCS / name).read_text("utf-8") for name in ("audit.md", "lineage.md"))
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_every_finding_is_explained() -> None:
    section = AUDIT.split("## Findings\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE) == [kind.value for kind in Kind]


@pytest.mark.parametrize("line", re.findall(r"^\$ perennial (.*)$", AUDIT + LINEAGE, re.MULTILINE))
def test_the_commands_of_the_guides_are_commands(line: str) -> None:
    name, *words = shlex.split(line.partition("#")[0])
    options = {option for one in COMMANDS[name].params for option in one.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_places_and_settings_are_named_as_they_are() -> None:
    assert f"`{HEADS}<model>/" in AUDIT
    assert f"`{gathered_prefix('<model>')}`" in LINEAGE
    assert "anchor_minutes" in HistorySettings.model_fields
    assert "`anchor_minutes`" in AUDIT
