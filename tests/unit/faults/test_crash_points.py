"""Every call of every flow fails once, in every way; afterwards all holds, and it ends right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import pytest
from perennial.errors import Unavailable

from tests.unit.faults.faulty import Fault, Faults, Killed
from tests.unit.faults.flows import FLOWS, Flow
from tests.unit.faults.world import World


@cache
def clean(flow: Flow) -> tuple[tuple[str, ...], tuple[object, ...]]:
    """The calls of a flow that nothing disturbs, and what it brings about."""
    world, faults = World(), Faults()
    flow.prepare(world)
    flow.run(world, world.ports(faults))
    world.check()
    return tuple(faults.seen), world.outcome()


def crash_points() -> Iterator[object]:
    for flow in FLOWS:
        for place, call in enumerate(clean(flow)[0]):
            for fault in Fault:
                name = f"{flow.name}-{place + 1}-{call}-{fault.value}"
                yield pytest.param(flow, place, fault, id=name.replace(" ", "_"))


@pytest.mark.parametrize(("flow", "place", "fault"), list(crash_points()))
def test_a_flow_that_is_broken_off_leaves_all_whole_and_can_be_run_again(
    flow: Flow, place: int, fault: Fault
) -> None:
    world = World()
    flow.prepare(world)
    with suppress(Killed, Unavailable):
        flow.run(world, world.ports(Faults(place, fault)))
    world.check()
    flow.run(world, world.ports(Faults()))
    world.check()
    if flow.exact:
        assert world.outcome() == clean(flow)[1]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name.replace(" ", "_"))
def test_a_flow_that_is_delivered_twice_brings_about_the_same(flow: Flow) -> None:
    world = World()
    flow.prepare(world)
    for _ in range(2):
        flow.run(world, world.ports(Faults()))
        world.check()
    if flow.exact:
        assert world.outcome() == clean(flow)[1]


def test_the_crash_points_are_these() -> None:
    called = {flow.name: set(clean(flow)[0]) for flow in FLOWS}
    assert called["register"] >= {"objects.upload", "registry.register_version"}
    assert called["begin a rollout"] >= {"registry.set_route", "workflow.start"}
    assert called["promote"] >= {"witness", "registry.set_route"}
    assert called["roll back"] >= {"registry.set_route", "predict", "registry.tell"}
    assert called["prove"] >= {"objects.read", "predict", "registry.tell"}
    assert len(list(crash_points())) > 300


def test_a_fault_that_breaks_the_promise_is_seen() -> None:
    """The guard itself: a route that names a version without an artifact does not pass."""
    world = World()
    world.serve(1, 2)
    route = world.registry.route("bank")
    assert route is not None
    world.objects._versions.pop(route.champion.artifact_uri)
    with pytest.raises((AssertionError, FileNotFoundError)):
        world.check()
