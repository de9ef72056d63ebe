"""What every registry promises about approvals and the tokens by which workflows wait."""

from __future__ import annotations

from dataclasses import replace

import pytest
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.errors import Conflict
from perennial.registry.records import Approval, ApprovalStatus, VersionStatus
from perennial.registry.store import Registry

from tests.fakes.records import AT, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.unit.adapters.conftest import TABLE

LATER = "2026-01-09T03:04:05.006Z"
ASKED = Approval(
    model="bank",
    version=1,
    run_id="a",
    status=ApprovalStatus.PENDING,
    revision=1,
    trained_by="AIDA1",
    asked_at=AT,
    expires_at=LATER,
)


def decided(status: ApprovalStatus = ApprovalStatus.APPROVED) -> Approval:
    return replace(
        ASKED, status=status, revision=2, decided_at=LATER, decided_by="arn", reason="fine"
    )


@pytest.fixture(params=["memory", "dynamodb"])
def registry(request: pytest.FixtureRequest) -> Registry:
    made: Registry = InMemoryRegistry()
    if request.param == "dynamodb":
        made = DynamoRegistry(TABLE, request.getfixturevalue("dynamodb"))
    made.create_run(a_run("a"))
    made.register_version(a_version("a"), an_event())
    return made


def test_an_approval_is_kept_to_the_letter(registry: Registry) -> None:
    assert registry.approval("bank", 1) is None
    registry.save_approval(ASKED, an_event("approval_requested"))
    assert registry.approval("bank", 1) == ASKED
    registry.save_approval(decided(), an_event("version_approved"))
    assert registry.approval("bank", 1) == decided()
    assert registry.events("bank")[0].what == "version_approved"


def test_approvals_come_newest_version_first(registry: Registry) -> None:
    for number in (2, 1, 10):
        registry.save_approval(replace(ASKED, version=number), an_event("x"))
    registry.save_approval(replace(ASKED, model="other"), replace(an_event("x"), model="other"))
    assert [one.version for one in registry.approvals("bank")] == [10, 2, 1]
    assert [one.version for one in registry.approvals("bank", limit=1)] == [10]


def test_a_decision_that_came_second_is_told_and_changes_nothing(registry: Registry) -> None:
    registry.save_approval(ASKED, an_event("x"))
    registry.save_approval(decided(), an_event("x"))
    events = len(registry.events("bank"))
    with pytest.raises(Conflict, match="changed by somebody else first"):
        registry.save_approval(decided(ApprovalStatus.REJECTED), an_event("x"), rejected=[1])
    assert registry.approval("bank", 1) == decided()
    assert len(registry.events("bank")) == events
    assert registry.versions("bank")[0].status is VersionStatus.REGISTERED


def test_a_decision_whose_reply_was_lost_may_be_repeated(registry: Registry) -> None:
    registry.save_approval(ASKED, an_event("x"))
    for _ in range(2):
        registry.save_approval(decided(), an_event("version_approved"))
    assert [event.what for event in registry.events("bank")].count("version_approved") == 1


def test_a_rejection_rejects_the_version_with_it(registry: Registry) -> None:
    registry.save_approval(ASKED, an_event("x"))
    registry.save_approval(decided(ApprovalStatus.REJECTED), an_event("x"), rejected=[1])
    assert registry.versions("bank")[0].status is VersionStatus.REJECTED


def test_a_version_nobody_knows_is_not_rejected(registry: Registry) -> None:
    with pytest.raises(LookupError, match="bank has no version 7"):
        registry.save_approval(ASKED, an_event("x"), rejected=[7])
    assert registry.approval("bank", 1) is None


def test_the_latest_token_is_the_one_a_workflow_waits_by(registry: Registry) -> None:
    assert registry.token("bank", 1) == ""
    for token in ("first", "second"):
        registry.keep_token("bank", 1, token)
    assert registry.token("bank", 1) == "second"
    assert registry.token("bank", 2) == registry.token("other", 1) == ""
