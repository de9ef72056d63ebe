"""Who decides about a version, when, and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest
from perennial.approval.asking import ask
from perennial.approval.identity import Principal
from perennial.errors import ApprovalClosed, NoApproval, NotAnApprover, UnknownVersion
from perennial.registry.records import ApprovalStatus, SourceObject, VersionStatus
from perennial.registry.routing import choose_champion, roll_back
from perennial.spec.approval import Approval as Rules

from tests.unit.approval.desk import ADA, BOB, Desk

ROOT = Principal("123456789012", "arn:aws:iam::123456789012:root")
LATER = "2026-02-02T00:00:00.000Z"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refused(desk: Desk, number: int, said: str, who: Principal = BOB) -> None:
    """Nothing changes, and the reason is told."""
    before, events = desk.registry.approval("bank", number), len(desk.told())
    with pytest.raises((ApprovalClosed, NotAnApprover), match=said):
        desk.says(number, who)
    assert desk.registry.approval("bank", number) == before
    assert len(desk.told()) == events


def test_a_second_person_approves_and_the_workflow_goes_on(desk: Desk) -> None:
    number = desk.waits()
    approval = desk.says(number, reason="better for the young")
    assert approval.status is ApprovalStatus.APPROVED
    assert (approval.decided_by, approval.decided_by_id) == (BOB.arn, BOB.id)
    assert desk.resumed == [f"token {number}"]
    event = desk.last()
    assert (event.what, event.by, event.subject) == ("version_approved", BOB.arn, "version 1")
    assert (event.reason, event.details["trained_by"]) == ("better for the young", ADA.id)


def test_who_trained_a_version_cannot_approve_it(desk: Desk) -> None:
    refused(desk, desk.waits(), "somebody else decides", ADA)


def test_who_trained_a_version_may_withdraw_it(desk: Desk) -> None:
    number = desk.waits()
    assert desk.says(number, ADA, "reject").status is ApprovalStatus.REJECTED


def test_without_four_eyes_who_trained_approves(desk: Desk) -> None:
    desk.given(four_eyes=False)
    assert desk.says(desk.waits(), ADA).status is ApprovalStatus.APPROVED


def test_root_is_nobody_in_particular(desk: Desk) -> None:
    refused(desk, desk.waits(), "nobody in particular", ROOT)


@pytest.mark.parametrize("trainer", ["123456789012", "s3", "", "api", "AROA1"])
def test_where_it_is_not_known_who_trained_nobody_approves(desk: Desk, trainer: str) -> None:
    refused(desk, desk.waits(trainer), "not known who trained")


def test_what_the_platform_trained_by_itself_anybody_else_approves(desk: Desk) -> None:
    source = SourceObject("data", "retraining/bank/x.parquet", "v1", "e", 1)
    number = desk.waits("automation", trigger="alarm", source=source)
    assert desk.says(number, ADA).status is ApprovalStatus.APPROVED


def test_an_upload_that_pretends_to_come_from_an_alarm_is_seen_through(desk: Desk) -> None:
    refused(desk, desk.waits("automation", trigger="alarm"), "not known who trained")


def test_only_approvers_of_the_spec_decide(desk: Desk) -> None:
    desk.given(approvers=["arn:aws:iam::*:user/carol", "Risk"])
    number = desk.waits()
    refused(desk, number, "none of the approvers")
    with pytest.raises(NotAnApprover, match="none of the approvers"):
        desk.says(number, decision="reject")
    carol = Principal("AIDA3", "arn:aws:iam::123456789012:user/carol")
    assert desk.says(number, carol).status is ApprovalStatus.APPROVED


def test_saying_it_twice_changes_nothing_and_lets_a_lost_workflow_go_on(desk: Desk) -> None:
    number = desk.waits()
    first = desk.says(number)
    desk.at = LATER
    assert desk.says(number, reason="again") == first
    assert desk.resumed == [f"token {number}"] * 2
    assert desk.told().count("version_approved") == 1


@pytest.mark.parametrize(("first", "second"), [("approve", "reject"), ("reject", "approve")])
def test_a_decision_is_not_turned_round(desk: Desk, first: str, second: str) -> None:
    number = desk.waits()
    before = desk.says(number, decision=first)
    with pytest.raises(ApprovalClosed, match="already"):
        desk.says(number, decision=second)
    assert desk.registry.approval("bank", number) == before


def test_a_second_approver_is_told_that_it_is_decided(desk: Desk) -> None:
    number = desk.waits()
    desk.says(number)
    refused(desk, number, f"already, by {BOB.arn}", Principal("AIDA3", "arn:aws:iam::1:user/carol"))


def test_late_approval_is_refused(desk: Desk) -> None:
    desk.given(expires_after="1h")
    number = desk.waits()
    desk.at = "2026-01-02T04:04:05.006Z"
    refused(desk, number, "too late")
    assert desk.settles(number).status is ApprovalStatus.EXPIRED
    refused(desk, number, "too late")


def test_an_approval_in_the_last_moment_counts(desk: Desk) -> None:
    desk.given(expires_after="1h")
    number = desk.waits()
    desk.at = "2026-01-02T04:04:05.005Z"
    desk.says(number)
    desk.at = LATER
    assert desk.settles(number).status is ApprovalStatus.APPROVED


def test_a_version_that_is_rejected_may_not_serve(desk: Desk) -> None:
    number = desk.waits()
    desk.says(number, decision="reject")
    version = desk.registry.version("bank", number)
    assert version is not None
    assert version.status is VersionStatus.REJECTED


def test_a_version_that_was_taken_back_meanwhile_is_not_approved(desk: Desk) -> None:
    first = desk.trains()
    number = desk.waits()
    for one in (first, number):  # somebody's hand, before the spec asked for approval
        choose_champion("bank", one, by="x", reason="x", registry=desk.registry, clock=desk.clock)
    roll_back("bank", number, by="x", reason="x", registry=desk.registry, clock=desk.clock)
    refused(desk, number, "is rejected")


def test_a_version_older_than_the_one_in_service_is_superseded(desk: Desk) -> None:
    number = desk.waits()
    newer = desk.trains()
    choose_champion("bank", newer, by="x", reason="x", registry=desk.registry, clock=desk.clock)
    refused(desk, number, "version 2 is in service")


def test_a_version_older_than_an_approved_one_is_superseded(desk: Desk) -> None:
    older = desk.trains()
    newer = desk.waits()
    desk.says(newer)
    desk.asks(older)  # its workflow was slow
    refused(desk, older, "version 2 is approved")


def test_an_older_version_is_not_approved_while_a_newer_one_waits(desk: Desk) -> None:
    """Also before the newer one's workflow has come to ending the older one's wait."""
    older = desk.waits()
    newer = desk.trains()
    ask("bank", newer, desk.rules, registry=desk.registry, clock=desk.clock)
    refused(desk, older, "superseded: version 2 waits for a decision")
    assert desk.says(older, decision="reject").status is ApprovalStatus.REJECTED


def test_an_older_version_is_approved_once_nobody_can_decide_about_the_newer_one(
    desk: Desk,
) -> None:
    older, newer = desk.trains(), desk.trains()
    desk.given(expires_after="1h")
    ask("bank", newer, desk.rules, registry=desk.registry, clock=desk.clock)
    desk.at = LATER
    desk.asks(older)
    assert desk.says(older).status is ApprovalStatus.APPROVED


def test_a_version_that_serves_is_taken_back_and_not_rejected(desk: Desk) -> None:
    """It came into service while the spec asked for no approval."""
    first, second = desk.waits(), desk.waits()
    for one in (first, second):
        choose_champion("bank", one, by="x", reason="x", registry=desk.registry, clock=desk.clock)
    with pytest.raises(ApprovalClosed, match="perennial rollback bank"):
        desk.says(second, decision="reject")
    assert "version_rejected" not in desk.told()


def test_what_the_spec_asks_no_approval_for_is_not_decided_about(desk: Desk) -> None:
    number = desk.waits()
    desk.rules = Rules()
    for decision in ("approve", "reject"):
        with pytest.raises(ApprovalClosed, match="asks for no approval any more"):
            desk.says(number, decision=decision)


def test_a_version_that_is_too_old_is_not_approved(desk: Desk) -> None:
    desk.given(maximum_age="1d", expires_after="30d")
    number = desk.waits()
    desk.at = "2026-01-03T03:04:06.000Z"
    refused(desk, number, "older than 1d")


def test_required_gates_must_be_among_those_passed(desk: Desk) -> None:
    desk.given(required_gates=["roc_auc", "log_loss"])
    refused(desk, desk.waits(), "did not pass the required gates log_loss")
    desk.given(required_gates=["roc_auc"])
    assert desk.says(1).status is ApprovalStatus.APPROVED


def test_a_version_nobody_was_asked_about_cannot_be_approved(desk: Desk) -> None:
    with pytest.raises(NoApproval):
        desk.says(desk.trains())
    with pytest.raises(UnknownVersion):
        desk.says(99)


def test_two_who_decide_at_once_decide_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one's write comes between reading and writing."""
    number = desk.waits()
    save = desk.registry.save_approval

    def faster(*given: object, **named: object) -> object:
        monkeypatch.setattr(desk.registry, "save_approval", save)
        desk.says(number, Principal("AIDA3", "arn:aws:iam::1:user/carol"), "reject")
        return save(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.registry, "save_approval", faster)
    with pytest.raises(ApprovalClosed, match="rejected already"):
        desk.says(number)
    approval = desk.registry.approval("bank", number)
    assert approval == replace(approval, status=ApprovalStatus.REJECTED)  # type: ignore[type-var]
