"""The digest of the code changes with the code, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.code_version import code_version


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("functions/predict/handler.py", "layers/data/requirements.lock", "docs/page.md"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("one")
    return tmp_path


@pytest.mark.parametrize("name", ["functions/predict/handler.py", "layers/data/requirements.lock"])
def test_another_source_is_another_version(checkout: Path, name: str) -> None:
    before = code_version(checkout)
    (checkout / name).write_text("two")
    assert code_version(checkout) != before


def test_a_moved_source_is_another_version(checkout: Path) -> None:
    before = code_version(checkout)
    (checkout / "functions" / "predict").rename(checkout / "functions" / "score")
    assert code_version(checkout) != before


@pytest.mark.parametrize("name", ["docs/page.md", "functions/__pycache__/x.pyc"])
def test_what_is_not_shipped_changes_nothing(checkout: Path, name: str) -> None:
    before = code_version(checkout)
    (checkout / name).parent.mkdir(exist_ok=True)
    (checkout / name).write_text("two")
    assert code_version(checkout) == before
