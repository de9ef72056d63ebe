"""What every history promises, held against the one in memory and the one on DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.registry.chain import Head, digest_of, head_of, record_digest
from perennial.registry.indexed import IndexedRegistry as Registry
from perennial.registry.records import Event

from tests.fakes.records import SOURCE, a_route, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.unit.adapters.conftest import TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROUTED = {"champion": "1", "previous": ""}


@pytest.fixture(params=["memory", "dynamodb"])
def registry(request: pytest.FixtureRequest) -> Registry:
    if request.param == "memory":
        return InMemoryRegistry()
    return DynamoRegistry(TABLE, request.getfixturevalue("dynamodb"))


def route_changed(revision: int, champion: int = 1) -> Event:
    details = ROUTED | {"champion": str(champion)}
    return an_event("route_changed", subject=f"route {revision}", details=details)


def lived(registry: Registry) -> list[Event]:
    """A version is registered, serves, is told of and rejected; its events in order."""
    registry.create_run(a_run())
    registry.register_version(a_version(), an_event())
    registry.set_route(a_route(1), route_changed(1))
    registry.tell(an_event("route_proven", subject="route 1", details={"version": "1"}))
    rejected = replace(route_changed(2, 9), details={**ROUTED, "champion": "9", "rejected": "1"})
    registry.set_route(a_route(2), rejected, rejected=[1])
    return list(registry.history("bank"))


def test_each_event_bears_the_digest_of_the_one_before(registry: Registry) -> None:
    events = lived(registry)
    assert [event.previous for event in events] == ["", *(e.digest for e in events[:-1])]
    assert all(event.digest == digest_of(event) for event in events)
    assert registry.head("bank") == head_of(events[-1])


def test_a_model_without_history_has_an_empty_head(registry: Registry) -> None:
    assert registry.head("bank") == Head()
    assert list(registry.history("bank")) == []
    assert registry.event("bank", 1) is None


def test_each_event_leads_to_the_one_that_says_what_serves(registry: Registry) -> None:
    assert [event.serving for event in lived(registry)] == [0, 2, 2, 4]


def test_history_is_read_from_any_place_to_any_other(registry: Registry) -> None:
    lived(registry)
    assert [event.sequence for event in registry.history("bank", 2, 3)] == [2, 3]
    assert [event.sequence for event in registry.history("bank", 3)] == [3, 4]
    assert list(registry.history("bank", 4, 3)) == []
    found = registry.event("bank", 3)
    assert found is not None
    assert found.what == "route_proven"


def test_what_happened_to_a_version_is_listed_by_it(registry: Registry) -> None:
    lived(registry)
    told = [event.what for event in registry.events_about("bank", 1)]
    assert told == ["route_changed", "route_proven", "route_changed", "version_registered"]
    assert [e.sequence for e in registry.events_about("bank", 1, limit=1)] == [4]
    assert [e.sequence for e in registry.events_about("bank", 1, 2, last=3)] == [3, 2]
    assert [e.sequence for e in registry.events_about("bank", 1, last=1)] == [1]
    assert list(registry.events_about("bank", 1, last=0)) == []
    assert list(registry.events_about("bank", 9)) == []


def test_the_index_lists_what_nobody_touched_where_it_belongs(registry: Registry) -> None:
    told = lived(registry)
    assert list(registry.indexed_history("bank")) == [(event, True) for event in told]
    assert [event.sequence for event, _ in registry.indexed_history("bank", 3)] == [3, 4]
    assert list(registry.misindexed_versions("bank")) == []


def test_the_event_of_a_registration_seals_the_version(registry: Registry) -> None:
    lived(registry)
    version, event = registry.version("bank", 1), registry.event("bank", 1)
    assert version is not None
    assert event is not None
    assert event.details["record_digest"] == record_digest(version)


def test_runs_are_found_by_the_object_they_began_with(registry: Registry) -> None:
    later = replace(SOURCE, version_id="v2")
    other = replace(SOURCE, key="incoming/bank/jan.csv2")
    for run_id, source in (("a", SOURCE), ("b", later), ("c", other)):
        registry.create_run(a_run(run_id, source=source))
    found = registry.runs_of(SOURCE.bucket, SOURCE.key)
    assert sorted(run.run_id for run in found) == ["a", "b"]
    assert list(registry.runs_of("elsewhere", SOURCE.key)) == []


def test_versions_are_found_by_their_dataset(registry: Registry) -> None:
    for run_id, digest in (("a", "1" * 64), ("b", "2" * 64), ("c", "1" * 64)):
        registry.create_run(a_run(run_id))
        registry.register_version(a_version(run_id, dataset_digest=digest), an_event())
    assert [one.number for one in registry.versions_of("bank", "1" * 64)] == [3, 1]
    assert list(registry.versions_of("other", "1" * 64)) == []


def test_a_rejected_version_stays_listed_by_its_dataset(registry: Registry) -> None:
    lived(registry)
    (found,) = registry.versions_of("bank", "e" * 64)
    assert found.status.value == "REJECTED"


def test_events_older_than_their_partition_are_read_and_followed(
    dynamodb: DynamoDBClient,
) -> None:
    """They have no digest: the chain begins with the first event that has one."""
    registry = DynamoRegistry(TABLE, dynamodb)
    for number in (1, 2):
        _old_event(dynamodb, number)
    state = {"pk": {"S": "MODEL#bank"}, "sk": {"S": "STATE"}, "last_event": {"N": "2"}}
    dynamodb.put_item(TableName=TABLE, Item=state)
    registry.tell(an_event("route_proven"))
    assert [(e.sequence, bool(e.digest)) for e in registry.history("bank")] == [
        (1, False),
        (2, False),
        (3, True),
    ]
    assert [event.sequence for event in registry.events("bank", 2)] == [3, 2]
    found = registry.event("bank", 1)
    assert found is not None
    assert found.what == "old"


def _old_event(dynamodb: DynamoDBClient, number: int) -> None:
    texts = {"pk": "MODEL#bank", "sk": f"EVENT#{number:010d}", "model": "bank", "at": "2026"}
    texts |= {"by": "ada", "what": "old", "subject": "", "reason": ""}
    item = {name: {"S": text} for name, text in texts.items()}
    dynamodb.put_item(TableName=TABLE, Item={**item, "sequence": {"N": str(number)}})
