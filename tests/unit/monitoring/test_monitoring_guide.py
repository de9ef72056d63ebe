"""`docs/monitoring.md` says what a report is."""

from __future__ import annotations

import re
from pathlib import Path

from perennial.monitoring.history import CARRIED, REPORT_HTML, REPORT_JSON
from perennial.monitoring.metrics import OF_CHECK
from perennial.monitoring.record import CHECKS, State
from perennial.spec import ModelSpec

PAGE = (Path(__file__).parents[3] / "docs" / "monitoring.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return re.split(r"\n##+ ", PAGE.split(f"\n{heading}\n", 1)[1])[0]


def test_every_check_is_explained_in_the_order_of_a_report() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", section("## What is judged"), re.M)) == CHECKS


def test_every_state_of_a_check_is_named() -> None:
    for state in State:
        assert f"`{state.value}`" in section("## What is judged")


def test_every_setting_named_is_one() -> None:
    settings = re.findall(r"^\| `\w+` \|.*\| `([\w.]+)` \|$", section("## What is judged"), re.M)
    assert len(settings) == 10
    for setting in settings:
        fields = ModelSpec.model_fields["monitoring"].annotation
        for name in setting.split("."):
            assert fields is not None
            assert name in fields.model_fields, setting
            fields = fields.model_fields[name].annotation


def test_every_metric_is_named() -> None:
    for name in (*OF_CHECK.values(), "Drift", "Reports", "Performance", "DriftedFeatures"):
        assert f"`{name}`" in section("## Metrics")


def test_every_file_of_a_report_is_named() -> None:
    for name in (CARRIED, REPORT_HTML, REPORT_JSON):
        assert name in section("## Where to find it")
