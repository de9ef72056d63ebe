"""`perennial watch` tells what is on, what waits and what has stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from perennial.automation.situation import LatestReport
from perennial.registry.records import Automation

from cli import watching
from tests.fakes.records import a_route, an_event

REPORT = LatestReport("s3://data/x", 2, {"drift": "3 of 20 features have drifted"})
ALARMS = {
    "errors": ("OK", "2026-03-01T12:00:00.000Z"),
    "drift": ("ALARM", "2026-03-01T13:00:00.000Z"),
    "silent": ("INSUFFICIENT_DATA", "2026-03-01T12:00:00.000Z"),
}


def found(**given: object) -> watching.Watched:
    plain = watching.Watched(
        model="bank",
        route=a_route(3, 2),
        alarms=ALARMS,
        report=REPORT,
        automation=Automation("bank", 4),
        actions=(an_event("retraining_ordered", reason="the data has drifted"),),
    )
    return replace(plain, **given)  # type: ignore[arg-type]


def told(capsys: pytest.CaptureFixture[str], **given: object) -> str:
    watching.present(found(**given))
    return " ".join(capsys.readouterr().out.split())


def test_what_serves_what_is_on_and_what_was_done_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = told(capsys)
    assert "bank is served by version 2." in text
    assert "3 of 20 features have drifted" in text
    assert "retraining ordered" in text
    assert text.index("drift ALARM") < text.index("errors ok")
    assert "silent no data" in text


def test_a_stop_is_told_with_the_command_that_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    halted = Automation("bank", 4, halted="no way back", halted_at="2026-03-01T12:00:00.000Z")
    text = told(capsys, automation=halted)
    assert "no way back" in text
    assert "perennial resume bank --reason" in text


def test_what_waits_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, automation=Automation("bank", 4, held="a retraining waits until noon"))
    assert "Waiting: a retraining waits until noon." in text


def test_a_model_nobody_has_looked_at_yet_is_told_how(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, route=None, report=None, alarms={}, actions=())
    assert "bank has no version in service." in text
    assert "perennial monitor bank" in text


def test_the_document_holds_all_of_it() -> None:
    document = found().document()
    assert document["alarms"]["drift"]["state"] == "ALARM"
    assert document["route"]["champion"]["number"] == 2
    assert document["report"]["alarms"] == {"drift": "3 of 20 features have drifted"}
    assert document["actions"][0]["what"] == "retraining_ordered"
