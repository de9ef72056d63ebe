"""The router follows the route, and goes on serving when it cannot."""

from __future__ import annotations

import pytest
from perennial.errors import ModelNotTrained, NeedsPipelineRuntime, Unavailable
from perennial.serving.router import PAUSE_SECONDS, ROUTE_SECONDS, Router

from tests.unit.predict.fakes import FakeEngine, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def router(world: World) -> Router:
    return Router(world.routes, world.objects, world.load, world.log, clock=world.clock, engines=2)


def test_the_champion_answers(world: World, router: Router) -> None:
    routed = world.put_in_service("bank", 3)
    served = router.served("bank")
    assert (served.version, served.digest) == (3, routed.artifact_digest)
    assert isinstance(served.engine, FakeEngine)
    assert served.engine.name == "bank 3"


def test_a_fresh_route_is_not_read_again(world: World, router: Router) -> None:
    world.put_in_service("bank", 1)
    for _ in range(5):
        router.served("bank")
        world.clock.now += ROUTE_SECONDS / 6
    assert world.routes.asked == 1


def test_a_change_is_followed_within_ten_seconds(world: World, router: Router) -> None:
    world.put_in_service("bank", 1)
    router.served("bank")
    world.put_in_service("bank", 2)
    world.clock.now += 9.9
    assert router.served("bank").version == 2


def test_a_clock_set_back_does_not_freeze_the_route(world: World, router: Router) -> None:
    world.put_in_service("bank", 1)
    router.served("bank")
    world.put_in_service("bank", 2)
    world.clock.now -= 3_600
    assert router.served("bank").version == 2


def test_an_unchanged_route_loads_nothing(world: World, router: Router) -> None:
    world.put_in_service("bank", 1)
    for _ in range(3):
        router.served("bank")
        world.clock.now += ROUTE_SECONDS
    assert world.routes.asked == 3
    assert len(world.loaded) == 1


def test_going_back_to_a_version_loads_nothing(world: World, router: Router) -> None:
    first = world.put_in_service("bank", 1)
    router.served("bank")
    world.put_in_service("bank", 2)
    world.clock.now += ROUTE_SECONDS
    router.served("bank")
    world.routes.routes["bank"] = first
    world.clock.now += ROUTE_SECONDS
    assert router.served("bank").version == 1
    assert len(world.loaded) == 2


def test_a_model_never_put_in_service_is_told_apart(router: Router) -> None:
    with pytest.raises(ModelNotTrained):
        router.served("bank")


def test_a_first_version_is_seen_at_once(world: World, router: Router) -> None:
    with pytest.raises(ModelNotTrained):
        router.served("bank")
    world.put_in_service("bank", 1)
    assert router.served("bank").version == 1


def test_a_route_taken_away_ends_service(world: World, router: Router) -> None:
    world.put_in_service("bank", 1)
    router.served("bank")
    world.routes.routes.clear()
    world.clock.now += ROUTE_SECONDS
    for _ in range(2):
        with pytest.raises(ModelNotTrained):
            router.served("bank")


def test_a_route_taken_away_does_not_come_back_when_the_table_is_down(
    world: World, router: Router
) -> None:
    world.put_in_service("bank", 1)
    router.served("bank")
    world.routes.routes.clear()
    world.clock.now += ROUTE_SECONDS
    with pytest.raises(ModelNotTrained):
        router.served("bank")
    world.routes.error = Unavailable("down")
    with pytest.raises(Unavailable):
        router.served("bank")


def test_without_the_table_the_last_route_serves_and_it_is_logged(
    world: World, router: Router
) -> None:
    world.put_in_service("bank", 1)
    router.served("bank")
    world.routes.error = Unavailable("dynamodb did not answer: TimeoutError")
    world.clock.now += ROUTE_SECONDS
    assert router.served("bank").version == 1
    level, message, fields = world.lines[-1]
    assert (level, message) == ("ERROR", "route cannot be followed, the last version goes on")
    assert fields["version"] == 1
    assert fields["cause"] == "dynamodb did not answer: TimeoutError"


def test_what_failed_is_left_alone_for_a_moment(world: World, router: Router) -> None:
    world.put_in_service("bank", 1)
    router.served("bank")
    world.routes.error = Unavailable("down")
    world.clock.now += ROUTE_SECONDS
    for _ in range(3):
        router.served("bank")
    assert world.routes.asked == 2
    world.routes.error = None
    world.put_in_service("bank", 2)
    world.clock.now += PAUSE_SECONDS
    assert router.served("bank").version == 2


def test_without_the_table_a_fresh_process_is_unavailable(world: World, router: Router) -> None:
    world.routes.error = Unavailable("down")
    with pytest.raises(Unavailable):
        router.served("bank")


@pytest.mark.parametrize("damage", ["missing", "changed", "unreachable"])
def test_the_last_good_engine_serves_while_the_new_artifact_cannot(
    world: World, router: Router, damage: str
) -> None:
    world.put_in_service("bank", 1)
    router.served("bank")
    uri = world.put_in_service("bank", 2).artifact_uri
    good = world.objects.objects[uri]
    if damage == "missing":
        del world.objects.objects[uri]
    elif damage == "changed":
        world.objects.objects[uri] = b"something else"
    else:
        world.objects.error = Unavailable("s3 did not answer")
    world.clock.now += ROUTE_SECONDS
    assert router.served("bank").version == 1
    assert world.lines[-1][0] == "ERROR"
    world.objects.objects[uri], world.objects.error = good, None
    world.clock.now += PAUSE_SECONDS
    assert router.served("bank").version == 2


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_first_artifact_that_cannot_be_loaded_is_unavailable(
    world: World, router: Router, damage: str
) -> None:
    uri = world.put_in_service("bank", 1).artifact_uri
    if damage == "missing":
        del world.objects.objects[uri]
    else:
        world.objects.objects[uri] = b"something else"
    with pytest.raises(Unavailable):
        router.served("bank")


def test_engines_beyond_the_limit_are_let_go(world: World, router: Router) -> None:
    for model in ("a", "b", "c"):
        world.put_in_service(model, 1)
        router.served(model)
    assert len(world.loaded) == 3
    router.served("c")
    router.served("b")
    assert len(world.loaded) == 3
    router.served("a")
    assert len(world.loaded) == 4


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_fresh_process_falls_back_on_the_version_before(
    world: World, router: Router, damage: str
) -> None:
    world.put_in_service("bank", 1)
    uri = world.put_in_service("bank", 2).artifact_uri
    good = world.objects.objects[uri]
    if damage == "missing":
        del world.objects.objects[uri]
    else:
        world.objects.objects[uri] = b"something else"
    assert router.served("bank").version == 1
    level, message, fields = world.lines[-1]
    assert level == "ERROR"
    assert message == "version in service cannot be loaded, the one before it answers"
    assert fields["version"] == 1
    world.objects.objects[uri] = good
    assert router.served("bank").version == 1
    world.clock.now += PAUSE_SECONDS
    assert router.served("bank").version == 2


def test_a_fresh_process_that_can_load_neither_version_is_unavailable(
    world: World, router: Router
) -> None:
    for number in (1, 2):
        del world.objects.objects[world.put_in_service("bank", number).artifact_uri]
    with pytest.raises(Unavailable, match="version 1 cannot be loaded"):
        router.served("bank")
    assert [fields["version"] for fields in failures(world)] == [2, 1]


def test_a_store_that_is_down_is_not_asked_for_the_version_before(
    world: World, router: Router
) -> None:
    world.put_in_service("bank", 1)
    world.put_in_service("bank", 2)
    world.objects.error = Unavailable("s3 did not answer")
    with pytest.raises(Unavailable):
        router.served("bank")
    assert len(world.objects.read_uris) == 1


def test_every_failure_to_load_a_version_is_counted(world: World, router: Router) -> None:
    world.put_in_service("bank", 1)
    router.served("bank")
    assert failures(world) == []
    del world.objects.objects[world.put_in_service("bank", 2).artifact_uri]
    for _ in range(2):
        world.clock.now += ROUTE_SECONDS
        assert router.served("bank").version == 1
    assert [(one["model"], one["version"]) for one in failures(world)] == [("bank", 2)] * 2


def failures(world: World) -> list[dict[str, object]]:
    return [fields for _, message, fields in world.lines if message == "version cannot be loaded"]


def test_a_pipeline_is_left_to_the_function_that_runs_it(world: World) -> None:
    loads = 0

    def load(data: bytes, digest: str) -> FakeEngine:
        nonlocal loads
        loads += 1
        raise NeedsPipelineRuntime("a pipeline")

    router = Router(world.routes, world.objects, load, world.log, clock=world.clock)
    world.put_in_service("bank", 1)
    for _ in range(3):
        with pytest.raises(NeedsPipelineRuntime):
            router.served("bank")
    assert loads == 1
    assert failures(world) == []
