"""What people are told can be read aloud, says all there is to say, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from perennial.automation import notices
from perennial.automation.decisions import EndRollout, Halt, Hold, Notice, Retrain, RollBack
from perennial.automation.situation import LatestReport

REPORT = LatestReport(
    "s3://data/reports/bank/x/report.html",
    2,
    {"drift": "3 of 20 features have drifted: age most", "performance": "log_loss is 0.9"},
)
CAUSE = "performance has collapsed (alarm collapsed)"
ALL: dict[str, Notice | None] = {
    "retrain": notices.of_decision("bank", Retrain("bank-1", CAUSE), REPORT),
    "roll back": notices.of_decision("bank", RollBack(7, 4, 3, CAUSE), REPORT),
    "roll back and stop": notices.of_decision("bank", RollBack(7, 4, 3, CAUSE, "again"), REPORT),
    "end rollout": notices.of_decision("bank", EndRollout("r", 4, CAUSE), REPORT),
    "halt": notices.of_decision("bank", Halt("there is no way back"), REPORT),
    "hold": notices.of_decision("bank", Hold("it waits"), None),
    "not trained": notices.not_trained("bank", "40 of 1000 outcomes", None),
    "failed": notices.ended("bank", "the run ended GATED", 2, None),
    "ended": notices.ended("bank", "version 5 is in service", 0, None),
    "broken": notices.broken("bank", "rollback", "States.Timeout"),
}
RUNBOOK = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")


@pytest.fixture(params=[*ALL.values()], ids=[*ALL])
def notice(request: pytest.FixtureRequest) -> Notice:
    assert isinstance(request.param, Notice)
    return request.param


def test_a_notice_says_what_happened_what_was_done_and_what_one_may_do(notice: Notice) -> None:
    parts = notice.text.split("\n\n")
    begins = [part.split(":", 1)[0] for part in parts]
    assert begins[:2] == ["What happened", "What was done"]
    assert "What you may do" in begins
    assert all(part.split(": ", 1)[1].strip() for part in parts)


def test_a_notice_names_its_model_first(notice: Notice) -> None:
    assert notice.subject.startswith("bank: ")


def test_a_subject_is_one_that_sns_takes(notice: Notice) -> None:
    assert len(notice.subject) <= 100
    assert notice.subject.isascii()
    assert notice.subject.isprintable()


def test_a_notice_consists_of_sentences(notice: Notice) -> None:
    for part in notice.text.split("\n\n")[:2]:
        said = part.split(": ", 1)[1]
        assert not said[0].islower()
        assert said.rstrip()[-1] in ".!?…"
    assert not re.search(r"[{}\[\]|<>]", notice.text)


def test_a_notice_leads_to_a_section_of_the_runbook_that_there_is(notice: Notice) -> None:
    link = re.search(r"docs/operations\.md#([\w-]+)", notice.text)
    assert link
    assert f"\n### {link[1]}\n" in RUNBOOK


def test_a_command_in_a_notice_is_one_that_there_is(notice: Notice) -> None:
    from cli.app import app

    known = {command.name for command in app.registered_commands}
    used = set(re.findall(r"`perennial (\w+)", notice.text))
    assert used
    assert used <= known


def test_what_the_report_found_is_told_and_linked() -> None:
    text = str(notices.of_decision("bank", Retrain("bank-1", CAUSE), REPORT))
    assert "3 of 20 features have drifted: age most" in text
    assert REPORT.uri in text


def test_a_long_name_and_a_long_reason_are_cut() -> None:
    told = notices.halted("b" * 90, "x" * 5000, None)
    assert len(told.subject) == 100
    assert told.subject.endswith("...")
    assert len(told.text) < 2500


def test_a_subject_of_other_letters_is_still_one() -> None:
    told = notices.notice("bänk", "fällt", happened="a", done="b", may=["c"], anchor="d")
    assert told.subject == "b?nk: f?llt"
