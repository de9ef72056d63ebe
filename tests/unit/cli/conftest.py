"""A checkout, a target and a registry for commands that must not meet real ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import catalogue, options, project, records
from cli.app import app
from cli.project import Project
from cli.target import Target
from tests.fakes.registry import InMemoryRegistry

SPEC = """\
name: wine
task: regression
target: y
features:
  a: {type: number}
"""


@dataclass
class Line:
    """The command line, in a checkout with one model, `wine`."""

    project: Project
    registry: InMemoryRegistry
    target: Target

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A checkout of its own."""
    made = Project(tmp_path, tmp_path / "state")
    made.models.mkdir()
    (made.models / "wine.yaml").write_text(SPEC)
    monkeypatch.setattr(project, "current", lambda: made)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def line(here: Project, monkeypatch: pytest.MonkeyPatch) -> Line:
    """Commands against a deployment that only knows `wine`."""
    registry, target = InMemoryRegistry(), Target("Perennial", "us-east-1")
    listed = {"wine": {"name": "wine", "task": "regression"}}
    monkeypatch.setattr(options, "choose", lambda **_: target)
    monkeypatch.setattr(records, "registry", lambda _: registry)
    monkeypatch.setattr(catalogue, "deployed", lambda _: listed)
    return Line(here, registry, target)


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Make the next look at the registry raise."""

    def arrange(error: Exception) -> None:
        def broken(_: object) -> None:
            raise error

        monkeypatch.setattr(records, "registry", broken)

    return arrange
