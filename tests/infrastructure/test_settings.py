"""Settings are checked where they are given."""

from __future__ import annotations

import re

import pytest

from stacks.settings import Settings, SettingsError, Target
from tests.infrastructure.templates import ROOT


def settings(**context: object) -> Settings:
    return Settings.from_context(context.get)


def test_nothing_needs_to_be_set() -> None:
    assert settings().target is Target.CLOUD


def test_texts_of_the_command_line_become_values() -> None:
    read = settings(target="local", api_rate="2.5", retain_data="false", log_retention_days=7)
    assert (read.local, read.api_rate, read.retain_data) == (True, 2.5, False)


def test_lists_of_the_command_line_are_texts_between_commas_or_json() -> None:
    read = settings(
        cors_origins="https://a.example, http://localhost:3000",
        api_keys='[{"name": "app", "rate": 5}]',
    )
    assert read.cors_origins == ("https://a.example", "http://localhost:3000")
    assert [(key.name, key.rate, key.quota) for key in read.api_keys] == [("app", 5, None)]


def test_every_setting_is_explained() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| [^|]*\| (.*) \|$", page, re.MULTILINE))
    assert listed == {name: str(field.description) for name, field in Settings.model_fields.items()}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"target": "moon"}, "target"),
        ({"prefix": "no spaces"}, "prefix"),
        ({"log_retention_days": 31}, "log_retention_days"),
        ({"capture_days": 90, "report_days": 30}, "report_days"),
        ({"train_vcpus": 2, "train_memory_gib": 64}, "train_memory_gib"),
        ({"train_vcpus": 8, "train_memory_gib": 17}, "train_memory_gib"),
        ({"train_max_vcpus": 1}, "train_max_vcpus"),
        ({"alarm_email": "nobody"}, "alarm_email"),
        ({"api_keys": "[{"}, "api_keys"),
        ({"api_keys": []}, "api_keys"),
        ({"api_keys": [{"name": "a"}, {"name": "a"}]}, "api_keys"),
        ({"api_keys": [{"name": "a", "rates": 1}]}, "rates"),
        ({"auth": "cognito"}, "user_pool_arns"),
        ({"user_pool_arns": "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/x"}, "auth"),
        ({"cors_origins": "*"}, "cors_origins"),
        ({"cors_origins": "https://app.example/"}, "cors_origins"),
        ({"domain_name": "api.example.org"}, "certificate_arn"),
        ({"hosted_zone_id": "Z1"}, "domain_name"),
        ({"release": "canary"}, "release"),
        ({"snap_start": True, "predict_provisioned": 2}, "predict_provisioned at 0"),
    ],
)
def test_a_setting_that_cannot_be_is_named(given: dict[str, object], field: str) -> None:
    with pytest.raises(SettingsError, match=field):
        settings(**given)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        settings(target="moon", prefix="")
    assert len(str(caught.value).splitlines()) == 2
