"""A receipt names the commit that was deployed, and whether it was changed since."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cli import commit


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit."""
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "a.py").write_text("1")
    (tmp_path / "notes.md").write_text("1")
    named = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*named, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    return tmp_path


def test_a_clean_checkout_is_its_commit(checkout: Path) -> None:
    (checkout / "notes.md").write_text("2")  # nothing of it is deployed
    assert len(commit.deployed(checkout)) == 40


@pytest.mark.parametrize("name", ["functions/a.py", "functions/new.py"])
def test_a_checkout_whose_code_was_changed_is_dirty(checkout: Path, name: str) -> None:
    (checkout / name).write_text("2")
    assert commit.deployed(checkout).endswith("-dirty")


def test_without_git_there_is_no_commit(
    tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert commit.deployed(checkout) == ""


def test_a_folder_that_is_no_repository_has_no_commit(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert commit.deployed(tmp_path / "empty") == ""
