"""A version comes into service at once, or by a rollout that begins exactly once."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.errors import Unavailable
from perennial.registry.records import RolloutStatus
from perennial.registry.routing import choose_champion, roll_back
from perennial.spec.rollout import Rollout

from tests.fakes.workflow import RecordingWorkflow
from tests.unit.rollout.scenes import FAILING, Scene


def champion(scene: Scene) -> int:
    route = scene.registry.route("bank")
    assert route is not None
    return route.champion.number


def test_the_first_version_of_a_model_serves_at_once() -> None:
    scene = Scene()
    introduced = scene.introduce(1)
    assert introduced.rollout is None
    assert champion(scene) == 1
    assert not scene.workflow.started


def test_without_stages_a_version_serves_at_once() -> None:
    scene = Scene(rules=Rollout())
    scene.introduce(1)
    assert scene.introduce(2).rollout is None
    assert champion(scene) == 2


def test_a_second_version_begins_its_rollout_and_the_workflow() -> None:
    scene = Scene()
    rollout = scene.begun()
    assert (rollout.status, rollout.step, rollout.champion) == (RolloutStatus.RUNNING, 0, 1)
    route = scene.registry.route("bank")
    assert route is not None
    assert route.champion.number == 1
    assert route.shadow is not None
    assert route.shadow.number == 2
    assert scene.workflow.started == {"bank-v2": {"model": "bank", "rollout_id": "bank-v2"}}


def test_introduced_twice_it_begins_once() -> None:
    scene = Scene()
    first = scene.begun()
    assert scene.introduce(2).rollout == first
    assert list(scene.workflow.started) == ["bank-v2"]
    assert scene.told().count("rollout_began") == 1


def test_a_workflow_that_could_not_be_started_is_started_by_the_next_attempt() -> None:
    class Away(RecordingWorkflow):
        def start(self, name: str, execution_input: object) -> str:
            raise Unavailable("Step Functions did not answer")

    scene = Scene(workflow=Away())
    scene.introduce(1)
    with pytest.raises(Unavailable):
        scene.introduce(2)
    scene.workflow = RecordingWorkflow()
    scene.introduce(2)
    assert list(scene.workflow.started) == ["bank-v2"]


def test_a_newer_version_supersedes_the_rollout_of_an_older_one() -> None:
    scene = Scene()
    scene.begun()
    rollout = scene.introduce(3).rollout
    assert rollout is not None
    assert rollout.version == 3
    old = scene.registry.rollout("bank", "bank-v2")
    assert old is not None
    assert old.status is RolloutStatus.SUPERSEDED
    assert scene.step(FAILING).rollout.status is RolloutStatus.SUPERSEDED
    assert champion(scene) == 1


def test_an_older_version_that_comes_late_changes_nothing() -> None:
    scene = Scene()
    scene.introduce(1)
    scene.introduce(3)
    before = scene.registry.route("bank")
    assert scene.introduce(2).rollout is None
    assert scene.registry.route("bank") == before


def test_a_rejected_version_is_not_rolled_out_again() -> None:
    scene = Scene()
    scene.begun()
    scene.step(FAILING)
    again = scene.introduce(2)
    assert again.rollout is not None
    assert again.rollout.status is RolloutStatus.REJECTED
    assert list(scene.workflow.started) == ["bank-v2"]


def test_a_version_that_was_rolled_back_is_not_rolled_out() -> None:
    scene = Scene()
    scene.introduce(1)
    acts: Any = {"by": "a", "reason": "b", "registry": scene.registry, "clock": scene.clock}
    choose_champion("bank", 2, **acts)
    roll_back("bank", 2, **acts)
    assert scene.introduce(2).rollout is None
    assert champion(scene) == 1
