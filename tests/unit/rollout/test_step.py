"""A step looks, judges and moves the route; it may be repeated and interrupted."""

from __future__ import annotations

import json

import pytest
from perennial.registry.records import RolloutStatus, VersionStatus
from perennial.registry.staging import end_rollout, note
from perennial.rollout.evidence import Evidence
from perennial.rollout.plan import MOST_LOOKS
from perennial.rollout.samples import Counts

from tests.unit.rollout.scenes import FAILING, GOOD, NOTHING, Scene, difference, evidence, rules


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    made.begun()
    return made


def test_a_good_challenger_goes_step_by_step_into_service(scene: Scene) -> None:
    shares = []
    for _ in range(2):
        assert scene.step(GOOD).rollout.status is RolloutStatus.RUNNING
        route = scene.registry.route("bank")
        assert route is not None
        assert route.champion.number == 1
        shares.append(route.share)
    assert shares == [0.1, 0.5]
    stepped = scene.step(GOOD)
    route = scene.registry.route("bank")
    assert route is not None
    assert stepped.rollout.status is RolloutStatus.PROMOTED
    assert (route.champion.number, route.challenger, route.rollout_id) == (2, None, "")
    assert route.previous is not None
    assert route.previous.number == 1
    assert scene.told()[-4:] == ["rollout_began", "rollout_step", "rollout_step", "rollout_ended"]


def test_a_worse_challenger_is_rejected_and_the_champion_keeps_all_requests(scene: Scene) -> None:
    scene.step(GOOD)
    stepped = scene.step(FAILING)
    route = scene.registry.route("bank")
    assert stepped.rollout.status is RolloutStatus.REJECTED
    assert stepped.over
    assert route is not None
    assert (route.champion.number, route.challenger, route.shadow, route.share) == (
        1,
        None,
        None,
        0,
    )
    version = scene.registry.version("bank", 2)
    assert version is not None
    assert version.status is VersionStatus.REJECTED
    assert "errors" in stepped.rollout.reason


def test_a_step_that_cannot_be_decided_yet_waits(scene: Scene) -> None:
    stepped = scene.step(NOTHING)
    assert stepped.rollout.status is RolloutStatus.RUNNING
    assert stepped.rollout.step == 0
    assert stepped.wait_seconds == 60
    found = json.loads(stepped.rollout.findings)
    assert found["verdict"] == "undecided"
    assert found["next_look_at"] > found["looked_at"]


def test_the_last_look_is_when_the_step_has_baked(scene: Scene) -> None:
    scene.passes(3570)
    assert scene.step(NOTHING).wait_seconds == 30


@pytest.mark.parametrize(
    ("policy", "status", "step"),
    [
        ("hold", RolloutStatus.PAUSED, 0),
        ("advance", RolloutStatus.RUNNING, 1),
        ("reject", RolloutStatus.REJECTED, 0),
    ],
)
def test_too_little_traffic_is_an_outcome_of_its_own(
    policy: str, status: RolloutStatus, step: int
) -> None:
    scene = Scene(rules=rules(too_little_traffic=policy))
    scene.begun()
    scene.passes(3600)
    stepped = scene.step(NOTHING)
    assert (stepped.rollout.status, stepped.rollout.step) == (status, step)
    assert "too little traffic" in stepped.rollout.reason


def test_a_shadow_that_is_never_asked_is_held_and_people_hear_why(scene: Scene) -> None:
    scene.passes(3600)
    stepped = scene.step(Evidence(notes=("the shadow was not asked 900 times",)))
    assert stepped.rollout.status is RolloutStatus.PAUSED
    assert stepped.rollout.reason.endswith("; the shadow was not asked 900 times")


def test_held_back_it_keeps_its_share_until_a_person_decides(scene: Scene) -> None:
    scene.step(GOOD)
    scene.passes(3600)
    assert scene.step(NOTHING).over
    route = scene.registry.route("bank")
    assert route is not None
    assert route.share == 0.1


def test_evidence_is_of_the_present_step_alone(scene: Scene) -> None:
    scene.step(GOOD)
    scene.passes(100)
    rollout = scene.step(NOTHING).rollout
    assert scene.asked == [(0, rollout.began_at), (1, scene.at)]


def test_a_step_of_a_rollout_at_its_end_changes_nothing(scene: Scene) -> None:
    scene.step(FAILING)
    before = scene.registry.route("bank"), scene.told()
    again = scene.step(GOOD)
    assert again.over
    assert (scene.registry.route("bank"), scene.told()) == before


def test_a_rollout_that_was_paused_is_not_judged(scene: Scene) -> None:
    note(
        "bank",
        "bank-v2",
        RolloutStatus.PAUSED,
        by="alice",
        reason="holiday",
        registry=scene.registry,
        clock=scene.clock,
    )
    assert scene.step(FAILING).rollout.status is RolloutStatus.PAUSED
    assert not scene.asked


def test_a_pause_during_a_look_is_not_undone_by_it(scene: Scene) -> None:
    def paused_meanwhile(rollout: object, until: str) -> Evidence:
        note(
            "bank",
            "bank-v2",
            RolloutStatus.PAUSED,
            by="alice",
            reason="holiday",
            registry=scene.registry,
            clock=scene.clock,
        )
        return NOTHING

    scene.witness = paused_meanwhile  # type: ignore[method-assign]
    stepped = scene.step()
    assert stepped.rollout.status is RolloutStatus.PAUSED
    assert stepped.rollout.reason == "holiday"


def test_an_end_during_a_look_stays_an_end(scene: Scene) -> None:
    def ended_meanwhile(rollout: object, until: str) -> Evidence:
        end_rollout(
            "bank",
            "bank-v2",
            RolloutStatus.ENDED,
            by="alice",
            reason="no",
            registry=scene.registry,
            clock=scene.clock,
        )
        return GOOD

    scene.witness = ended_meanwhile  # type: ignore[method-assign]
    stepped = scene.step()
    assert stepped.rollout.status is RolloutStatus.ENDED
    route = scene.registry.route("bank")
    assert route is not None
    assert route.champion.number == 1
    assert route.challenger is None


def test_a_fixed_split_runs_its_time_unless_outcomes_decide() -> None:
    scene = Scene(rules=rules(stages=[{"strategy": "ab", "bake": "1h", "minimum_requests": 50}]))
    scene.begun()
    assert scene.step(GOOD).rollout.status is RolloutStatus.RUNNING
    scene.passes(3600)
    assert scene.step(GOOD).rollout.status is RolloutStatus.PROMOTED


def test_a_fixed_split_ends_early_where_outcomes_decide() -> None:
    scene = Scene(rules=rules(stages=[{"strategy": "ab", "bake": "1h", "minimum_requests": 50}]))
    scene.begun()
    better = evidence(loss=difference(-0.5), champion_loss=1.0)
    assert scene.step(better).rollout.status is RolloutStatus.PROMOTED


def test_a_fixed_split_is_rejected_as_soon_as_that_is_certain() -> None:
    scene = Scene(rules=rules(stages=[{"strategy": "ab", "bake": "1h", "minimum_requests": 50}]))
    scene.begun()
    assert scene.step(FAILING).rollout.status is RolloutStatus.REJECTED


def test_a_rollout_of_weeks_fits_into_one_execution() -> None:
    stages = [{"strategy": "canary", "bake": "30d", "minimum_requests": 50}]
    scene = Scene(rules=rules(stages=stages, check_every="1s"))
    rollout = scene.begun()
    wait = scene.step(NOTHING).wait_seconds
    looks = sum(step.bake_seconds / wait for step in rollout.steps)
    assert looks <= MOST_LOOKS


def test_a_clock_that_runs_behind_ends_no_step(scene: Scene) -> None:
    scene.passes(-120)
    stepped = scene.step(NOTHING)
    assert stepped.rollout.status is RolloutStatus.RUNNING
    assert stepped.wait_seconds == 60


def test_all_requests_failing_on_both_sides_is_held_and_not_decided(scene: Scene) -> None:
    scene.passes(3600)
    stepped = scene.step(Evidence(challenger=Counts(300, 300), champion=Counts(300, 300)))
    assert stepped.rollout.status is RolloutStatus.PAUSED


def test_an_unknown_rollout_is_told(scene: Scene) -> None:
    with pytest.raises(LookupError):
        scene.step(GOOD, version=3)
