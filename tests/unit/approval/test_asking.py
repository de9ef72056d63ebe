"""A version asks once, waits beside others' trainings, and waits no longer than it may."""

from __future__ import annotations

import pytest
from perennial.approval.asking import (
    ask,
    check_may_serve,
    may_serve,
    seconds_left,
    settle,
    supersede,
)
from perennial.errors import NotApproved, UnknownVersion
from perennial.registry.records import ApprovalStatus
from perennial.registry.routing import choose_champion, roll_back
from perennial.spec.approval import Approval as Rules

from tests.unit.approval.desk import ADA, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def serves(desk: Desk, number: int) -> bool:
    return may_serve("bank", number, desk.rules, desk.registry)


def chosen(desk: Desk, number: int) -> None:
    choose_champion("bank", number, by="x", reason="x", registry=desk.registry, clock=desk.clock)


def test_a_question_is_asked_once_and_says_until_when(desk: Desk) -> None:
    desk.given(expires_after="2h")
    number = desk.trains()
    first = desk.asks(number)
    desk.at = "2026-01-02T04:04:05.006Z"
    assert desk.asks(number) == first
    assert (first.trained_by, first.expires_at) == (ADA.id, "2026-01-02T05:04:05.006Z")
    assert seconds_left(first, desk.at) == 3600
    assert desk.told() == ["version_registered", "approval_requested"]


def test_a_newer_question_ends_the_older_ones(desk: Desk) -> None:
    older, newer = desk.waits(), desk.waits()
    ended = desk.registry.approval("bank", older)
    assert ended is not None
    assert (ended.status, ended.reason) == (ApprovalStatus.SUPERSEDED, "version 2 has come")
    assert desk.resumed == [f"token {older}"]
    assert desk.settles(newer).status is ApprovalStatus.PENDING
    assert desk.told().count("approval_superseded") == 1


def test_a_late_question_ends_no_newer_one(desk: Desk) -> None:
    older = desk.trains()
    newer = desk.waits()
    desk.asks(older)
    assert desk.settles(newer).status is ApprovalStatus.PENDING
    assert desk.resumed == []


def test_who_is_superseded_while_people_decide_stays_decided(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = desk.waits()
    save = desk.registry.save_approval

    def faster(*given: object, **named: object) -> object:
        monkeypatch.setattr(desk.registry, "save_approval", save)
        desk.says(older, decision="reject")
        return save(*given, **named)  # type: ignore[arg-type]

    newer = desk.trains()
    asked = ask("bank", newer, desk.rules, registry=desk.registry, clock=desk.clock)
    monkeypatch.setattr(desk.registry, "save_approval", faster)
    supersede(asked, registry=desk.registry, clock=desk.clock, resume=desk.resumed.append)
    found = desk.registry.approval("bank", older)
    assert found is not None
    assert found.status is ApprovalStatus.REJECTED


def test_nobody_is_waited_for_once_the_model_was_removed(desk: Desk) -> None:
    number = desk.waits()
    ended = settle("bank", number, registry=desk.registry, clock=desk.clock, deployed=False)
    assert (ended.status, ended.reason) == (
        ApprovalStatus.EXPIRED,
        "the model is deployed no longer",
    )


def test_what_is_settled_before_its_time_still_waits(desk: Desk) -> None:
    assert desk.settles(desk.waits()).status is ApprovalStatus.PENDING


def test_what_nobody_decided_in_time_is_expired_once(desk: Desk) -> None:
    number = desk.waits()
    desk.at = "2026-01-09T03:04:05.006Z"
    assert desk.settles(number).status is ApprovalStatus.EXPIRED
    assert desk.settles(number).decided_at == desk.at
    assert desk.told().count("approval_expired") == 1


@pytest.mark.parametrize("end", ["waits", "rejected", "expired", "superseded", "never asked"])
def test_a_version_without_an_approval_may_not_serve(desk: Desk, end: str) -> None:
    number = desk.trains() if end == "never asked" else desk.waits()
    if end == "rejected":
        desk.says(number, decision="reject")
    elif end == "expired":
        desk.at = "2027-01-01T00:00:00.000Z"
        desk.settles(number)
    elif end == "superseded":
        desk.waits()
    assert not serves(desk, number)
    with pytest.raises(NotApproved, match=f"version {number} of bank needs an approval"):
        check_may_serve("bank", number, desk.rules, desk.registry)


def test_an_approved_version_may_serve_and_any_may_where_nobody_is_asked(desk: Desk) -> None:
    number = desk.waits()
    desk.says(number)
    assert serves(desk, number)
    assert may_serve("bank", desk.trains(), Rules(), desk.registry)


def test_what_served_before_approval_was_asked_for_may_serve_again(desk: Desk) -> None:
    first, second = desk.trains(), desk.trains()
    for number in (first, second):
        chosen(desk, number)
    assert serves(desk, first)
    roll_back("bank", second, by="x", reason="x", registry=desk.registry, clock=desk.clock)
    assert serves(desk, first)
    assert not serves(desk, second)


def test_a_version_there_is_not_is_unknown(desk: Desk) -> None:
    with pytest.raises(UnknownVersion):
        check_may_serve("bank", 9, desk.rules, desk.registry)
