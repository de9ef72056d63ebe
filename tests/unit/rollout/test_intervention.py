"""A person may pause a rollout, let it go on, take a step, or end it."""

from __future__ import annotations

import pytest
from perennial.errors import Conflict, ModelNotTrained
from perennial.registry.records import Rollout, RolloutStatus, VersionStatus
from perennial.rollout.intervention import Action, intervene

from tests.unit.rollout.scenes import FAILING, GOOD, NOTHING, Scene


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    made.begun()
    return made


def act(scene: Scene, action: str, seen: int | None = None) -> Rollout:
    return intervene(
        "bank",
        Action(action),
        scene.approval,
        by="alice",
        reason="I say so",
        registry=scene.registry,
        workflow=scene.workflow,
        clock=scene.clock,
        seen=seen,
    )


def test_a_paused_rollout_keeps_its_step_and_is_not_judged(scene: Scene) -> None:
    scene.step(GOOD)
    assert act(scene, "pause").status is RolloutStatus.PAUSED
    assert scene.step(FAILING).rollout.step == 1
    event = scene.registry.events("bank")[0]
    assert (event.what, event.by, event.reason) == ("rollout_paused", "alice", "I say so")


def test_a_resumed_rollout_is_judged_again_by_a_workflow_of_its_own(scene: Scene) -> None:
    act(scene, "pause")
    rollout = act(scene, "resume")
    assert rollout.status is RolloutStatus.RUNNING
    assert list(scene.workflow.started) == ["bank-v2", f"bank-v2-{rollout.revision}"]
    assert scene.step(GOOD).rollout.step == 1


def test_a_resumed_step_bakes_anew(scene: Scene) -> None:
    scene.passes(3600)
    act(scene, "pause")
    rollout = act(scene, "resume")
    assert rollout.step_began_at == scene.at


def test_a_person_may_advance_against_the_judge(scene: Scene) -> None:
    assert act(scene, "advance").step == 1
    act(scene, "pause")
    rollout = act(scene, "advance")
    assert (rollout.status, rollout.step) == (RolloutStatus.RUNNING, 2)


def test_to_advance_past_the_last_step_promotes(scene: Scene) -> None:
    for _ in range(2):
        act(scene, "advance")
    assert act(scene, "advance").status is RolloutStatus.PROMOTED
    route = scene.registry.route("bank")
    assert route is not None
    assert route.champion.number == 2


def test_a_rollout_ended_by_a_person_does_not_reject_the_version(scene: Scene) -> None:
    assert act(scene, "end").status is RolloutStatus.ENDED
    version = scene.registry.version("bank", 2)
    assert version is not None
    assert version.status is VersionStatus.REGISTERED
    route = scene.registry.route("bank")
    assert route is not None
    assert (route.champion.number, route.shadow) == (1, None)


def test_without_a_rollout_there_is_nothing_to_do(scene: Scene) -> None:
    act(scene, "end")
    with pytest.raises(Conflict, match="no rollout of bank is under way"):
        act(scene, "pause")
    with pytest.raises(ModelNotTrained):
        act(Scene(), "pause")


def test_a_repeated_wish_does_not_go_two_steps(scene: Scene) -> None:
    for _ in range(2):
        assert act(scene, "advance", seen=1).step == 1
    assert len(scene.workflow.started) == 2


def test_another_wish_for_a_step_that_is_over_is_refused(scene: Scene) -> None:
    act(scene, "advance", seen=1)
    scene.step(NOTHING)
    with pytest.raises(Conflict, match="at step 2, not 1"):
        act(scene, "advance", seen=1)


def test_the_last_step_asked_for_twice_promotes_once_and_starts_what_proves_it(
    scene: Scene,
) -> None:
    for step in (1, 2):
        act(scene, "advance", seen=step)
    promoted = act(scene, "advance", seen=3)
    scene.workflow.started.clear()  # the first attempt died before it
    assert act(scene, "advance", seen=3) == promoted
    assert list(scene.workflow.started) == [f"bank-v2-{promoted.revision}"]
