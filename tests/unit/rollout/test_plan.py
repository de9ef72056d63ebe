"""The steps of a rollout follow from the spec."""

from __future__ import annotations

from perennial.registry.records import RolloutStep
from perennial.rollout.plan import rollout_id_of, steps_of
from perennial.spec.rollout import Rollout

from tests.unit.rollout.scenes import rules


def test_without_stages_there_are_no_steps() -> None:
    assert steps_of(Rollout()) == ()


def test_a_stage_with_several_shares_has_a_step_for_each() -> None:
    assert steps_of(rules()) == (
        RolloutStep("shadow", 0.0, 3600, 50),
        RolloutStep("canary", 0.1, 3600, 50),
        RolloutStep("canary", 0.5, 3600, 50),
    )


def test_a_version_has_one_rollout_however_often_it_is_asked_for() -> None:
    assert rollout_id_of("bank", 7) == rollout_id_of("bank", 7)
    assert len({rollout_id_of("bank", 7), rollout_id_of("bank", 8), rollout_id_of("b", 7)}) == 3
