"""The page a person reads, the metrics alarms are set on, and the function between them."""

from __future__ import annotations

import importlib.util
import json
import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from perennial.monitoring.metrics import OF_CHECK, metrics_of
from perennial.monitoring.record import CHECKS, NAMES, Report, State, Verdict
from perennial.monitoring.report import headline, page
from perennial.report import Kind

from tests.unit.monitoring.scene import END, START, Scene, a_spec, logistic

ROOT = Path(__file__).parents[3]
SPAN = {"start": START.isoformat(), "end": END.isoformat()}


@pytest.fixture(scope="module")
def drifted() -> Report:
    """A report with an alarm, outcomes, slices and a past."""
    scene = Scene(a_spec(performance={"floor": 0.95, "slices": ["job"]}))
    scene.tell(scene.capture(900, at=START - timedelta(hours=1), name="past"), name="past")
    scene.monitor(START - timedelta(hours=1), START)
    rows = scene.capture(900, x=np.random.default_rng(4).normal(1.0, size=900))
    scene.tell(rows, at=START + timedelta(minutes=40))
    return scene.monitor().report


def text_of(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", html)


def test_the_verdict_comes_first(drifted: Report) -> None:
    text = text_of(page(drifted, 0.95))
    found = headline(drifted)
    assert found.kind is Kind.BAD
    assert text.index(found.headline) < text.index("Checks")
    for name in CHECKS:
        assert NAMES[name] in text


def test_every_part_of_a_report_is_on_its_page(drifted: Report) -> None:
    html = page(drifted, 0.95)
    for part in ("Performance", "Drift", "Traffic and cost", "Some rows", "by slice"):
        assert part in text_of(html)
    # Metric over reports, calibration, three columns.
    assert html.count("<svg") == 5
    assert "roc_auc over reports" in html


def test_the_page_needs_nothing_from_elsewhere(drifted: Report) -> None:
    html = page(drifted, None)
    assert "<script" not in html
    assert not re.findall(r"(?:src|href)=\"(?!#)", html)


def test_what_moved_most_and_matters_most_comes_first(drifted: Report) -> None:
    scores = [one.score for one in drifted.features if one.drifted]
    assert scores == sorted(scores, key=lambda score: -(score or 0.0))
    assert drifted.features[0].name == "x"


def test_labels_on_the_page_are_only_text(drifted: Report) -> None:
    evil = drifted.model_copy(update={"sample": ({"<b>x</b>": "<script>alert(1)</script>"},)})
    html = page(evil)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_report_reads_back_as_it_was(drifted: Report) -> None:
    assert Report.model_validate_json(drifted.model_dump_json()) == drifted


def test_a_report_without_anything_has_a_page() -> None:
    scene = Scene()
    scene.registry._routes.clear()
    report = scene.monitor().report
    assert headline(report).headline == "Nothing could be judged."
    assert "no version in service" in page(report)


def with_verdicts(report: Report, state: State) -> Report:
    verdict = Verdict(state=state, sentence="so")
    return report.model_copy(update={"verdicts": dict.fromkeys(CHECKS, verdict)})


def test_a_verdict_is_a_metric_of_one_or_nought(drifted: Report) -> None:
    names = {*OF_CHECK.values(), "Drift"}
    alarming = metrics_of(with_verdicts(drifted, State.ALARM))
    assert {alarming[name] for name in names} == {1.0}
    well = metrics_of(with_verdicts(drifted, State.OK))
    assert {well[name] for name in names} == {0.0}


@pytest.mark.parametrize("state", [State.NOT_ENOUGH, State.NOT_JUDGED])
def test_a_verdict_that_was_not_reached_is_no_metric(drifted: Report, state: State) -> None:
    found = metrics_of(with_verdicts(drifted, state))
    assert set(found) == {
        "Reports",
        "CapturedRows",
        "Outcomes",
        "OutcomeOrphans",
        "OutcomeConflicts",
        "Performance",
    }
    assert found["Reports"] == 1.0


def test_one_kind_of_drift_is_drift(drifted: Report) -> None:
    ok = with_verdicts(drifted, State.NOT_ENOUGH)
    alarm = Verdict(state=State.ALARM, sentence="so")
    found = ok.model_copy(update={"verdicts": ok.verdicts | {"prediction_drift": alarm}})
    assert metrics_of(found)["Drift"] == 1.0


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The handler, in an environment that has a model and no AWS."""
    spec = a_spec()
    (tmp_path / "bank.json").write_text(spec.model_dump_json())
    monkeypatch.setenv("PERENNIAL_SPECS", str(tmp_path))
    place = ROOT / "functions" / "monitor" / "handler.py"
    found = importlib.util.spec_from_file_location("monitor_handler", place)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def asked(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch, scene: Scene, **event: str
) -> dict[str, Any]:
    monkeypatch.setattr(function, "ports", lambda: scene.ports)
    answer = function.handler({"model": "bank", **event}, None)
    assert isinstance(answer, dict)
    return answer


def emitted(output: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, output.splitlines()) if "_aws" in line]


def test_the_function_tells_where_the_report_is_and_emits_its_metrics(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = Scene()
    scene.capture(600)
    answer = asked(function, monkeypatch, scene, **SPAN)
    assert answer["report_uri"].startswith("s3://data/reports/bank/20261121T110000Z-3600s/")
    assert scene.files.exists(answer["report_uri"])
    assert answer["verdicts"]["drift"] == "ok"
    (line,) = emitted(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Perennial"
    assert directive["Dimensions"] == [["model"]]
    assert {one["Name"] for one in directive["Metrics"]} >= {"Reports", "Drift", "DataQuality"}
    assert (line["model"], line["Drift"], line["CapturedRows"]) == ("bank", [0.0], [600.0])


def test_looking_again_at_long_ago_sets_off_no_alarm(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = Scene(now=END + timedelta(days=3))
    scene.capture(600, x=np.random.default_rng(4).normal(1.0, size=600))
    answer = asked(function, monkeypatch, scene, **SPAN)
    assert answer["verdicts"]["drift"] == "alarm"
    assert emitted(capsys.readouterr().out) == []


def test_no_log_holds_the_value_of_a_feature(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = Scene()
    scene.capture(600, probability=lambda x: logistic(x))
    asked(function, monkeypatch, scene, **SPAN)
    assert "nurse" not in capsys.readouterr().out
