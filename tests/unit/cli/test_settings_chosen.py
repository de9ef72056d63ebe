"""Settings of a deployment that are chosen for one shell."""

from __future__ import annotations

import pytest

from cli import project
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
