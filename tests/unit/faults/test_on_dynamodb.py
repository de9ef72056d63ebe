"""The same on DynamoDB: the process dies around every write of every flow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws
from perennial.adapters.dynamodb import DynamoRegistry

from tests.unit.adapters.conftest import REGION, TABLE, create_table
from tests.unit.faults.faulty import Fault, Faults, Killed
from tests.unit.faults.flows import FLOWS, Flow
from tests.unit.faults.test_crash_points import clean
from tests.unit.faults.world import Ports, World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITE = "dynamodb.transact_write_items"
MOST_WRITES = 2  # of one flow: a rollout that is superseded ends, and the next one begins
KILLED = [Fault.KILLED_BEFORE, Fault.KILLED_AFTER]


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        create_table(client)
        yield client


class Writes(Faults):
    """Counts writes only: a process that dies while it reads has changed nothing."""

    def call(self, name: str, act: object) -> object:
        """Make one call, or what becomes of it."""
        if name != WRITE:
            return act()  # type: ignore[operator]
        return super().call(name, act)  # type: ignore[arg-type]


def ports(world: World, dynamodb: DynamoDBClient, faults: Faults) -> Ports:
    """The world's ports, with faults below the registry."""
    whole = world.ports(Faults())
    faults.between = lambda: None
    whole.registry = DynamoRegistry(TABLE, faults.over(dynamodb, "dynamodb"))
    return whole


def played(flow: Flow, dynamodb: DynamoDBClient, faults: Faults) -> tuple[World, Writes]:
    """A world in which a flow was broken off and run again."""
    world = World(DynamoRegistry(TABLE, dynamodb))
    flow.prepare(world)
    with suppress(Killed):
        flow.run(world, ports(world, dynamodb, faults))
    world.check()
    again = Writes()
    flow.run(world, ports(world, dynamodb, again))
    world.check()
    return world, again


SHORT = ("register", "supersede a rollout", "promote", "reject", "roll back during a rollout")


def broken_off(dynamodb: DynamoDBClient, flow: Flow, place: int, fault: Fault) -> None:
    faults = Writes(place, fault)
    world, _ = played(flow, dynamodb, faults)
    assert len(faults.seen) <= MOST_WRITES
    if flow.exact:
        assert world.outcome() == clean(flow)[1]


@pytest.mark.parametrize(
    "flow",
    [flow for flow in FLOWS if flow.name in SHORT],
    ids=lambda flow: flow.name.replace(" ", "_"),
)
def test_a_process_that_dies_after_its_first_write_leaves_all_whole(
    dynamodb: DynamoDBClient, flow: Flow
) -> None:
    broken_off(dynamodb, flow, 0, Fault.KILLED_AFTER)


@pytest.mark.slow
@pytest.mark.parametrize("fault", KILLED, ids=lambda fault: fault.value.replace(" ", "_"))
@pytest.mark.parametrize("place", range(MOST_WRITES), ids=lambda place: f"write{place + 1}")
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name.replace(" ", "_"))
def test_a_write_that_is_broken_off_leaves_all_whole_and_can_be_made_again(
    dynamodb: DynamoDBClient, flow: Flow, place: int, fault: Fault
) -> None:
    broken_off(dynamodb, flow, place, fault)
