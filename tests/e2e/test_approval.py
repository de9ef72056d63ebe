"""A version waits for people: who may decide, once, in time, and what follows."""

from __future__ import annotations

import pytest
from perennial.registry.clock import now
from perennial.registry.records import (
    Approval,
    ApprovalStatus,
    RolloutStep,
    RunStatus,
    VersionStatus,
)
from perennial.registry.staging import begin_rollout

from tests.e2e import tumours
from tests.e2e.platform import Platform, until
from tests.e2e.principals import Person, session, user
from tests.fakes.records import a_rollout

MODEL, HASTY = "approved", "hasty"


@pytest.fixture(scope="module")
def trainer(platform: Platform) -> Person:
    """May do anything, approve included; only that she trained keeps her from it."""
    return user(platform, "approver-ada")


@pytest.fixture(scope="module")
def approver(platform: Platform) -> Person:
    return session(platform, "Approver-of-models", "bob")


def waits(platform: Platform, person: Person, model: str, seed: int) -> Approval:
    """Train a version and see it wait."""
    run = platform.finished(model, person.upload(model, tumours.table(seed=seed)))
    assert run.status is RunStatus.SUCCEEDED, run.reason
    assert run.created_by == person.id
    assert run.version is not None
    approval = platform.registry.approval(model, run.version)
    assert isinstance(approval, Approval)
    return approval


def becomes(platform: Platform, asked: Approval, status: ApprovalStatus) -> Approval:
    def look() -> Approval | None:
        found = platform.registry.approval(asked.model, asked.version)
        return found if found.status is status else None

    found = until(look, f"version {asked.version} to be {status.value}", 60)
    assert isinstance(found, Approval)
    return found


def path(asked: Approval) -> str:
    return f"/v1/models/{asked.model}/versions/{asked.version}/approval"


def problem(name: str) -> str:
    return f"urn:perennial:problem:{name}"


@pytest.fixture(scope="module")
def served(platform: Platform, trainer: Person, approver: Person) -> Approval:
    """The first version: trained by one person, approved by another."""
    asked = waits(platform, trainer, MODEL, seed=1)
    assert (asked.status, asked.trained_by) == (ApprovalStatus.PENDING, trainer.id)
    assert platform.registry.route(MODEL) is None
    assert platform.call(path(asked)).body["status"] == "PENDING"

    refused = trainer.decides(MODEL, asked.version, "approve")
    assert (refused.status, refused.body["type"]) == (403, problem("not-an-approver"))
    assert "trained version 1" in refused.body["detail"]
    stranger = user(platform, "passer-by").decides(MODEL, asked.version, "approve")
    assert "none of the approvers" in stranger.body["detail"]
    by_hand = trainer.asks("PUT", f"/v1/models/{MODEL}/route", {"version": 1, "reason": "now"})
    assert (by_hand.status, by_hand.body["type"]) == (409, problem("not-approved"))
    assert platform.registry.route(MODEL) is None

    answer = approver.decides(MODEL, asked.version, "approve", "better on new customers")
    assert (answer.status, answer.body["status"]) == (200, "APPROVED")
    until(lambda: platform.registry.route(MODEL), "the approved version to serve", 60)
    return becomes(platform, asked, ApprovalStatus.APPROVED)


def test_a_version_serves_once_a_second_person_has_approved_it(
    platform: Platform, served: Approval, approver: Person
) -> None:
    route = platform.registry.route(MODEL)
    assert (route.champion.number, route.changed_by) == (served.version, approver.arn)
    assert route.reason == f"approved by {approver.arn}: better on new customers"
    (event,) = [e for e in platform.registry.events(MODEL) if e.what == "version_approved"]
    assert (event.by, event.reason) == (approver.arn, "better on new customers")
    rows, _ = tumours.rows(1)
    answer = until(
        lambda: (got := platform.predict(MODEL, *rows)).status == 200 and got, "an answer", 30
    )
    assert answer.body["version"] == served.version  # type: ignore[attr-defined]


def test_a_decision_is_made_once(
    platform: Platform, served: Approval, approver: Person, trainer: Person
) -> None:
    again = approver.decides(MODEL, served.version, "approve", "once more")
    assert (again.status, again.body["reason"]) == (200, "better on new customers")
    other = approver.decides(MODEL, served.version, "reject")
    assert (other.status, other.body["type"]) == (409, problem("approval-closed"))
    assert platform.registry.approval(MODEL, served.version) == served


def test_nobody_sees_the_token_a_workflow_waits_by(platform: Platform, served: Approval) -> None:
    token = platform.registry.token(MODEL, served.version)
    assert token
    assert token not in str(platform.call(path(served)).body)
    assert token not in repr(platform.registry.events(MODEL))


def test_a_newer_version_supersedes_one_that_waits_and_what_root_trained_is_only_rejected(
    platform: Platform, served: Approval, trainer: Person, approver: Person
) -> None:
    older = waits(platform, trainer, MODEL, seed=2)
    # As the root of the account; it trains although the other version waits.
    run = platform.train(MODEL, tumours.table(seed=3))
    newer = platform.registry.approval(MODEL, run.version)
    becomes(platform, older, ApprovalStatus.SUPERSEDED)
    late = approver.decides(MODEL, older.version, "approve")
    assert (late.status, late.body["type"]) == (409, problem("approval-closed"))
    assert "superseded" in late.body["detail"]

    unknown = approver.decides(MODEL, newer.version, "approve")
    assert unknown.status == 403
    assert "not known who trained" in unknown.body["detail"]

    answer = approver.decides(MODEL, newer.version, "reject", "worse for the young")
    assert (answer.status, answer.body["status"]) == (200, "REJECTED")
    version = platform.registry.version(MODEL, newer.version)
    assert version.status is VersionStatus.REJECTED
    for number in (older.version, newer.version):
        wish = {"version": number, "reason": "all the same"}
        by_hand = trainer.asks("PUT", f"/v1/models/{MODEL}/route", wish)
        assert (by_hand.status, by_hand.body["type"]) == (409, problem("not-approved"))
    back = trainer.asks(
        "POST", f"/v1/models/{MODEL}/rollback", {"to": newer.version, "reason": "sideways"}
    )
    assert (back.status, back.body["type"]) == (409, problem("not-approved"))
    assert platform.registry.route(MODEL).champion.number == served.version


def test_a_rollout_that_began_before_the_spec_asked_waits_for_people_and_goes_on(
    platform: Platform, served: Approval, trainer: Person, approver: Person
) -> None:
    asked = waits(platform, trainer, MODEL, seed=4)
    steps = (RolloutStep("shadow", 0.0, 3600, 20), RolloutStep("canary", 0.25, 3600, 20))
    planned = a_rollout(
        model=MODEL, rollout_id=f"{MODEL}-v{asked.version}", version=asked.version, steps=steps
    )
    # The workflow that trained waits by its own token, which that of the rollout replaces.
    before = until(lambda: platform.registry.token(MODEL, asked.version), "people to be asked", 60)
    begin_rollout(planned, registry=platform.registry, clock=now)
    wish = {"action": "advance", "reason": "looks good"}
    answer = trainer.asks("POST", f"/v1/models/{MODEL}/rollout", wish)
    assert (answer.status, answer.body["status"], answer.body["step"]) == (200, "WAITING", 0)
    assert "perennial approve" in answer.body["reason"]
    until(
        lambda: platform.registry.token(MODEL, asked.version) != before, "the rollout to wait", 60
    )
    assert platform.registry.route(MODEL).challenger is None
    assert approver.decides(MODEL, asked.version, "approve").status == 200
    until(lambda: platform.registry.route(MODEL).challenger, "the approved version's share", 60)
    route = platform.registry.route(MODEL)
    assert (route.challenger.number, route.share) == (asked.version, 0.25)
    ended = trainer.asks("POST", f"/v1/models/{MODEL}/rollout", {**wish, "action": "end"})
    assert ended.body["status"] == "ENDED"


def test_a_version_that_waited_in_vain_cannot_be_approved_any_more(
    platform: Platform, trainer: Person, approver: Person
) -> None:
    asked = waits(platform, trainer, HASTY, seed=1)
    ended = becomes(platform, asked, ApprovalStatus.EXPIRED)
    assert ended.decided_by == "workflow"
    late = approver.decides(HASTY, asked.version, "approve")
    assert (late.status, late.body["type"]) == (409, problem("approval-closed"))
    assert "too late" in late.body["detail"]
    assert platform.registry.route(HASTY) is None
