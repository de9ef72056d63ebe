"""Settings of a deployment that are chosen for one shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import assembly, project
from cli.exits import CommandError


def test_none_are_chosen_unless_somebody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERENNIAL_SETTINGS", raising=False)
    assert project.settings() == {}


def test_they_are_words_of_name_and_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_SETTINGS", "streams=true cors_origins='https://a, https://b'")
    assert project.settings() == {"streams": "true", "cors_origins": "https://a, https://b"}


def test_what_is_no_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_SETTINGS", "streams")
    with pytest.raises(CommandError, match="'streams', which is not name=value"):
        project.settings()


def test_another_folder_of_specs_is_the_one_commands_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = project.Project(tmp_path, tmp_path / "state")
    monkeypatch.delenv("PERENNIAL_SETTINGS", raising=False)
    assert here.models == tmp_path / "models"
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "wine.yaml").touch()
    monkeypatch.setenv("PERENNIAL_SETTINGS", "models=others")
    assert here.model_names == ["wine"]


def test_changed_spec_in_another_folder_is_deployed_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PERENNIAL_SETTINGS", "models=others")
    for name in ("app.py", "cdk.json", "package-lock.json", "requirements.lock"):
        (tmp_path / name).touch()
    spec = tmp_path / "others" / "wine.yaml"
    spec.parent.mkdir()
    spec.write_text("one")
    here = project.Project(tmp_path, tmp_path / "state")
    before = assembly.fingerprint(here, {})
    spec.write_text("another")
    assert assembly.fingerprint(here, {}) != before


def test_emulated_time_is_as_fast_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERENNIAL_TIME_SCALE", raising=False)
    assert project.time_scale() == 1
    monkeypatch.setenv("PERENNIAL_TIME_SCALE", "60")
    assert project.time_scale() == 60


@pytest.mark.parametrize("told", ["0", "-1", "fast", "nan", "inf"])
def test_time_scale_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    monkeypatch.setenv("PERENNIAL_TIME_SCALE", told)
    with pytest.raises(CommandError, match="no number above 0"):
        project.time_scale()
