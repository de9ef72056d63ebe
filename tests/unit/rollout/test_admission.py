"""A rollout goes on into traffic only by the rules of approval that are deployed now."""

from __future__ import annotations

import pytest
from perennial.approval.asking import settle
from perennial.approval.deciding import Decision, decide
from perennial.approval.identity import Principal
from perennial.errors import NotApproved
from perennial.registry.records import Approval, ApprovalStatus, RolloutStatus, VersionStatus
from perennial.registry.staging import note
from perennial.rollout.intervention import Action, intervene
from perennial.rollout.step import Stepped
from perennial.spec.approval import Approval as Approvals

from tests.unit.rollout.scenes import FAILING, GOOD, NOTHING, Scene, rules

BOB = Principal("AIDA2", "arn:aws:iam::123456789012:user/bob")
MANUAL = Approvals(method="manual", four_eyes=False, expires_after="2d")
TWO_DAYS = 2 * 86_400


@pytest.fixture
def scene() -> Scene:
    """Version 2 is at its first step, a shadow, when the spec comes to ask for approval."""
    made = Scene()
    made.begun()
    made.approval = MANUAL
    return made


def shares(scene: Scene) -> tuple[int, float]:
    """The champion, and what the challenger answers."""
    route = scene.registry.route("bank")
    assert route is not None
    return route.champion.number, route.share


def says(scene: Scene, decision: str, version: int = 2) -> Approval:
    return decide(
        "bank",
        version,
        Decision(decision),
        who=BOB,
        reason="so be it",
        rules=MANUAL,
        registry=scene.registry,
        clock=scene.clock,
        resume=lambda token: None,
    )


def advance(scene: Scene) -> RolloutStatus:
    return intervene(
        "bank",
        Action.ADVANCE,
        scene.approval,
        by="ada",
        reason="now",
        registry=scene.registry,
        workflow=scene.workflow,
        clock=scene.clock,
    ).status


def expires(scene: Scene) -> Stepped:
    """Nobody decides in time, and the workflow that waited says so."""
    scene.passes(TWO_DAYS + 1)
    settle("bank", 2, registry=scene.registry, clock=scene.clock)
    return scene.step(GOOD)


def test_a_share_of_the_requests_waits_for_people_and_says_what_to_do(scene: Scene) -> None:
    stepped = scene.step(GOOD)
    assert (stepped.rollout.status, stepped.rollout.step) == (RolloutStatus.WAITING, 0)
    assert (stepped.over, stepped.wait_seconds, stepped.ask_seconds) == (False, 0, TWO_DAYS)
    assert "perennial approve bank 2 --reason" in stepped.rollout.reason
    assert shares(scene) == (1, 0.0)
    asked = scene.registry.approval("bank", 2)
    assert asked is not None
    assert asked.status is ApprovalStatus.PENDING
    assert scene.told()[-2:] == ["approval_requested", "rollout_paused"]


def test_the_champions_place_waits_for_people_too(scene: Scene) -> None:
    scene.approval = Approvals()
    for _ in range(2):
        scene.step(GOOD)
    scene.approval = MANUAL
    assert scene.step(GOOD).rollout.status is RolloutStatus.WAITING
    assert shares(scene) == (1, 0.5)  # what it answers already it goes on answering


def test_a_shadow_exposes_nobody_and_needs_no_approval() -> None:
    shadows = [{"strategy": "shadow", "bake": "1h", "minimum_requests": 50}] * 2
    scene = Scene(rules=rules(stages=shadows))
    scene.begun()
    scene.approval = MANUAL
    assert scene.step(GOOD).rollout.step == 1


def test_a_look_at_one_that_waits_asks_nothing_and_changes_nothing(scene: Scene) -> None:
    waits = scene.step(GOOD).rollout
    looked = len(scene.asked)
    assert scene.step(FAILING).rollout == waits
    assert len(scene.asked) == looked


def test_it_goes_on_once_it_is_approved(scene: Scene) -> None:
    scene.step(GOOD)
    says(scene, "approve")
    stepped = scene.step(NOTHING)
    assert (stepped.rollout.status, stepped.rollout.step) == (RolloutStatus.RUNNING, 1)
    assert shares(scene) == (1, 0.1)
    for _ in range(2):
        scene.step(GOOD)
    assert shares(scene) == (2, 0.0)


def test_what_turned_out_worse_during_the_wait_is_rejected_though_approved(scene: Scene) -> None:
    scene.step(GOOD)
    says(scene, "approve")
    assert scene.step(FAILING).rollout.status is RolloutStatus.REJECTED
    assert shares(scene) == (1, 0.0)


def test_a_rejection_ends_the_rollout_at_once(scene: Scene) -> None:
    scene.approval = Approvals()
    scene.step(GOOD)
    scene.approval = MANUAL
    scene.step(GOOD)
    assert shares(scene) == (1, 0.1)
    says(scene, "reject")
    assert shares(scene) == (1, 0.0)
    stepped = scene.step(GOOD)
    assert (stepped.rollout.status, stepped.over) == (RolloutStatus.REJECTED, True)
    assert stepped.rollout.reason == "so be it"
    version = scene.registry.version("bank", 2)
    assert version is not None
    assert version.status is VersionStatus.REJECTED


def test_a_rejection_whose_process_died_is_carried_out_by_the_next_look(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.step(GOOD)
    monkeypatch.setattr("perennial.approval.deciding._withdraw", lambda *_: None)
    says(scene, "reject")
    assert scene.step(GOOD).rollout.status is RolloutStatus.REJECTED


def test_without_a_decision_in_time_the_rollout_ends(scene: Scene) -> None:
    scene.step(GOOD)
    stepped = expires(scene)
    assert (stepped.rollout.status, stepped.over) == (RolloutStatus.ENDED, True)
    assert "nobody decided until" in stepped.rollout.reason
    assert shares(scene) == (1, 0.0)


def test_a_spec_that_asks_for_nothing_any_more_lets_it_go_on(scene: Scene) -> None:
    scene.step(GOOD)
    scene.approval = Approvals()
    assert scene.step(GOOD).rollout.step == 1


def test_a_person_who_advances_has_people_asked_and_puts_nothing_in_service(scene: Scene) -> None:
    assert [advance(scene) for _ in range(2)] == [RolloutStatus.WAITING] * 2
    assert shares(scene) == (1, 0.0)
    assert len(scene.workflow.started) == 2  # the rollout's own, and one that asks
    assert scene.step(NOTHING).ask_seconds == TWO_DAYS
    says(scene, "approve")
    assert scene.step(NOTHING).rollout.step == 1  # as was wished, though nothing is decided


def test_a_person_cannot_advance_what_people_have_not_let_in(scene: Scene) -> None:
    scene.step(GOOD)
    scene.approval = Approvals()
    advance(scene)
    scene.approval = MANUAL
    scene.passes(TWO_DAYS + 1)
    settle("bank", 2, registry=scene.registry, clock=scene.clock)
    with pytest.raises(NotApproved, match="it is: expired"):
        advance(scene)
    assert shares(scene) == (1, 0.1)


def test_a_pause_during_the_wait_is_not_undone_by_the_approval(scene: Scene) -> None:
    scene.step(GOOD)
    note(
        "bank",
        "bank-v2",
        RolloutStatus.PAUSED,
        by="ada",
        reason="holiday",
        registry=scene.registry,
        clock=scene.clock,
    )
    says(scene, "approve")
    stepped = scene.step(GOOD)
    assert (stepped.rollout.status, stepped.ask_seconds) == (RolloutStatus.PAUSED, 0)


def test_an_approval_between_the_question_and_the_wait_is_not_missed(scene: Scene) -> None:
    """The next look, which the workflow takes whenever its wait is over, finds it."""
    save = scene.registry.save_rollout

    def approved_meanwhile(*given: object, **named: object) -> object:
        scene.registry.save_rollout = save  # type: ignore[method-assign]
        says(scene, "approve")
        return save(*given, **named)  # type: ignore[arg-type]

    scene.registry.save_rollout = approved_meanwhile  # type: ignore[method-assign,assignment]
    stepped = scene.step(GOOD)
    assert stepped.rollout.status is RolloutStatus.WAITING
    assert scene.step(NOTHING).rollout.step == 1
