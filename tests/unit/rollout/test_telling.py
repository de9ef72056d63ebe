"""People are told what happened, why, and what they may do."""

from __future__ import annotations

import pytest
from perennial.registry.records import RolloutStatus
from perennial.rollout.telling import notice_of

from tests.fakes.records import a_rollout

OVER = [status for status in RolloutStatus if status is not RolloutStatus.RUNNING]


@pytest.mark.parametrize("status", OVER)
def test_every_end_is_told_in_words_a_subject_line_can_hold(status: RolloutStatus) -> None:
    model = "a" + "b" * 47
    notice = notice_of(a_rollout(model=model, version=123456, status=status, reason="errors: more"))
    assert len(notice["subject"]) <= 100
    assert notice["subject"].isascii()
    assert "errors: more" in notice["text"]
    assert "123456" in notice["text"]
    assert "perennial ro" in notice["text"]


def test_a_rejection_says_who_serves() -> None:
    notice = notice_of(a_rollout(status=RolloutStatus.REJECTED, reason="slower"))
    assert "version 1 answers all requests" in notice["text"]
    assert "perennial route bank 2" in notice["text"]


@pytest.mark.parametrize(("step", "words"), [(0, "in shadow"), (1, "25% of the requests")])
def test_what_waits_for_a_person_says_who_answers_meanwhile(step: int, words: str) -> None:
    notice = notice_of(a_rollout(status=RolloutStatus.PAUSED, step=step, reason="too little"))
    assert words in notice["text"]
    assert "--advance" in notice["text"]
