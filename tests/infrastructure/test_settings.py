"""Settings are checked where they are given."""

from __future__ import annotations

import pytest

from stacks.settings import Settings, SettingsError, Target


def settings(**context: object) -> Settings:
    return Settings.from_context(context.get)


def test_nothing_needs_to_be_set() -> None:
    assert settings().target is Target.CLOUD


def test_texts_of_the_command_line_become_values() -> None:
    read = settings(target="local", api_rate="2.5", retain_data="false", log_retention_days=7)
    assert (read.local, read.api_rate, read.retain_data) == (True, 2.5, False)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"target": "moon"}, "target"),
        ({"prefix": "no spaces"}, "prefix"),
        ({"log_retention_days": 31}, "log_retention_days"),
        ({"train_vcpus": 2, "train_memory_gib": 64}, "train_memory_gib"),
        ({"train_vcpus": 8, "train_memory_gib": 17}, "train_memory_gib"),
        ({"train_max_vcpus": 1}, "train_max_vcpus"),
        ({"alarm_email": "nobody"}, "alarm_email"),
    ],
)
def test_a_setting_that_cannot_be_is_named(given: dict[str, object], field: str) -> None:
    with pytest.raises(SettingsError, match=field):
        settings(**given)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        settings(target="moon", prefix="")
    assert len(str(caught.value).splitlines()) == 2
