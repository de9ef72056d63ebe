"""Whom a challenger answers: the share it was given, and the same ones every time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.errors import ModelNotTrained, NeedsPipelineRuntime, Unavailable
from perennial.serving.engines import Engines
from perennial.serving.router import ROUTE_SECONDS, Router
from perennial.serving.split import PAUSE_SECONDS, Split, followed, position

from tests.unit.predict.fakes import FakeEngine, FakeRollout, World

LAYER = Path(__file__).parents[3] / "layers" / "perennial" / "python"
entities = st.text(st.characters(exclude_categories=[]), min_size=1, max_size=256)
shares = st.floats(0, 1)


@pytest.fixture
def world() -> World:
    made = World()
    made.put_in_service("bank", 3)
    return made


@pytest.fixture
def router(world: World) -> Router:
    return Router(world.routes, world.objects, world.load, world.log, clock=world.clock)


def split_of(world: World, share: float, rollout: str = "r1") -> Split:
    challenger = world.challenge("bank", 4, share, rollout=rollout)
    engines = Engines(world.objects, world.load, world.log, 4)
    return Split("bank", FakeRollout(rollout, challenger, share), engines, world.clock)


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5, 0.99])
@pytest.mark.parametrize("requests", [1, 7, 40, 1_000])
def test_the_share_is_exact_at_low_traffic(world: World, share: float, requests: int) -> None:
    """Of any number of requests in a row, at most three more or fewer than the share."""
    for _ in range(20):
        split = split_of(world, share)
        challenged = sum(split.next_turn() for _ in range(requests))
        assert abs(challenged - share * requests) < 3


@pytest.mark.parametrize(("share", "expected"), [(0.0, False), (1.0, True)])
def test_no_share_is_nobody_and_the_whole_is_everybody(
    world: World, share: float, *, expected: bool
) -> None:
    split = split_of(world, share)
    assert {split.next_turn() for _ in range(1_000)} == {expected}
    assert {split.draws(f"customer-{number}") for number in range(1_000)} == {expected}


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
def test_of_many_entities_the_challenger_answers_the_share(world: World, share: float) -> None:
    split = split_of(world, share)
    challenged = sum(split.draws(f"customer-{number}") for number in range(20_000))
    assert challenged / 20_000 == pytest.approx(share, abs=0.01)


@given(entities, shares, shares)
def test_a_larger_share_only_adds_entities(entity: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    place = position("r1", entity)
    assert 0 <= place < 1
    assert not (place < small) or place < large


def test_every_process_decides_alike() -> None:
    script = "from perennial.serving.split import position; print(position('r1', 'Zoë \U0001f600'))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(LAYER), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) == position("r1", "Zoë \U0001f600")


def test_positions_are_those_of_the_contract() -> None:
    """Captured predictions of another release must be divided in the same way."""
    assert position("r1", "customer-1") == pytest.approx(0.5576742487770779, abs=1e-15)


def test_another_rollout_mixes_entities_anew(world: World) -> None:
    first, second = split_of(world, 0.1, "r1"), split_of(world, 0.1, "r2")
    names = [f"customer-{number}" for number in range(10_000)]
    both = sum(first.draws(name) and second.draws(name) for name in names)
    assert both / 10_000 == pytest.approx(0.01, abs=0.005)


def test_processes_begin_at_different_places(world: World) -> None:
    splits = [split_of(world, 0.5) for _ in range(64)]
    assert {split.next_turn() for split in splits} == {True, False}


def test_without_a_rollout_nothing_stands_beside_the_champion(router: Router) -> None:
    assert router.served("bank").rollout is None


def test_a_rollout_is_followed_within_ten_seconds(world: World, router: Router) -> None:
    router.served("bank")
    world.challenge("bank", 4, 0.25)
    world.clock.now += 9.9
    split = router.served("bank").rollout
    assert split is not None
    assert (split.id, split.share, split.challenger().version) == ("r1", 0.25, 4)


def test_the_champions_requests_do_not_wait_for_the_challenger(
    world: World, router: Router
) -> None:
    world.challenge("bank", 4, 0.25)
    assert router.served("bank").version == 3
    assert len(world.loaded) == 1


def test_a_new_share_goes_on_where_the_old_one_was(world: World, router: Router) -> None:
    """Else a share that is read anew every five seconds would never be exact."""
    world.challenge("bank", 4, 0.05)
    before = router.served("bank").rollout
    world.challenge("bank", 4, 0.25)
    world.clock.now += ROUTE_SECONDS
    after = router.served("bank").rollout
    assert after is before
    assert after is not None
    assert after.share == 0.25


def test_another_rollout_or_challenger_begins_anew(world: World) -> None:
    split = split_of(world, 0.5)
    assert followed(split, split_of(world, 0.5, "r2")) is not split
    shadowing = Split(
        "bank", FakeRollout("r1"), Engines(world.objects, world.load, world.log, 1), world.clock
    )
    assert followed(split, shadowing) is shadowing
    assert followed(None, shadowing) is shadowing


def test_when_a_rollout_ends_the_champion_stands_alone(world: World, router: Router) -> None:
    world.challenge("bank", 4, 0.5)
    assert router.served("bank").rollout is not None
    world.put_in_service("bank", 4)
    world.clock.now += ROUTE_SECONDS
    served = router.served("bank")
    assert (served.version, served.rollout) == (4, None)


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_challenger_that_cannot_be_loaded_is_left_alone_for_a_while(
    world: World, damage: str
) -> None:
    split = split_of(world, 0.5)
    assert split.routed.challenger is not None
    uri = split.routed.challenger.artifact_uri
    good = world.objects.objects[uri]
    if damage == "missing":
        del world.objects.objects[uri]
    else:
        world.objects.objects[uri] = b"something else"
    for _ in range(5):
        with pytest.raises(Unavailable, match="version 4 cannot be loaded"):
            split.challenger()
    assert len(world.objects.read_uris) == 1
    world.objects.objects[uri] = good
    world.clock.now += PAUSE_SECONDS
    assert split.challenger().version == 4


def test_a_challenger_that_is_a_pipeline_is_left_to_its_function(world: World) -> None:
    def load(data: bytes, digest: str) -> FakeEngine:
        raise NeedsPipelineRuntime("a pipeline")

    challenger = world.challenge("bank", 4, 0.5)
    engines = Engines(world.objects, load, world.log, 4)
    split = Split("bank", FakeRollout("r1", challenger, 0.5), engines, world.clock)
    with pytest.raises(NeedsPipelineRuntime):
        split.challenger()


def test_while_the_champion_cannot_be_loaded_nothing_is_compared(world: World) -> None:
    uri = world.put_in_service("bank", 4).artifact_uri
    world.challenge("bank", 5, 0.5)
    del world.objects.objects[uri]
    router = Router(world.routes, world.objects, world.load, world.log, clock=world.clock)
    served = router.served("bank")
    assert (served.version, served.rollout) == (3, None)


def test_a_model_never_put_in_service_has_no_rollout(router: Router) -> None:
    with pytest.raises(ModelNotTrained):
        router.served("fresh")
