"""Items that were tampered with are told of by an audit, and stop nobody from reading the rest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.provenance.audit import audit
from perennial.provenance.findings import Kind
from perennial.registry.records import Version
from perennial.registry.routing import put_in_service

from tests.fakes.records import AT, a_run, a_version, an_event
from tests.unit.adapters.conftest import TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVENT = {"pk": {"S": "HISTORY#bank"}, "sk": {"S": "EVENT#0000000001"}}
VERSION = {"pk": {"S": "MODEL#bank"}, "sk": {"S": "VERSION#00000001"}}
ROUTE = {"pk": {"S": "MODEL#bank"}, "sk": {"S": "ROUTE"}}
OTHERS: list[Any] = [
    None,
    {"S": "another"},
    {"N": "7.5"},
    {"L": []},
    {"M": {"champion": {"N": "1"}}},
    {"B": b"\x00"},
]


@pytest.fixture
def registry(dynamodb: DynamoDBClient) -> DynamoRegistry:
    made = DynamoRegistry(TABLE, dynamodb)
    made.create_run(a_run())
    made.register_version(a_version(), an_event())
    put_in_service("bank", 1, by="ada", reason="first", registry=made, clock=lambda: AT)
    return made


def kinds(registry: DynamoRegistry) -> set[Kind]:
    return {finding.kind for finding in audit("bank", registry, {}).findings}


def edits(
    dynamodb: DynamoDBClient, key: Any, *names: str, others: list[Any] = OTHERS
) -> Iterator[tuple[str, Any]]:
    """Put an item with one attribute gone or another, then the next; at the end as it was."""
    item: Any = dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
    for name, value in product(names, others):
        rest = {one: of for one, of in item.items() if one != name}
        dynamodb.put_item(TableName=TABLE, Item=rest if value is None else rest | {name: value})
        yield name, value
    dynamodb.put_item(TableName=TABLE, Item=item)


def test_a_registry_nobody_touched_passes(registry: DynamoRegistry) -> None:
    assert kinds(registry) == set()


def test_an_event_whose_fields_are_others_is_found(
    registry: DynamoRegistry, dynamodb: DynamoDBClient
) -> None:
    for name, value in edits(dynamodb, EVENT, "at", "by", "what", "subject", "details"):
        assert Kind.EDITED_EVENT in kinds(registry), (name, value)
        assert len(registry.events("bank")) == 2


def test_a_version_whose_fields_are_others_is_found(
    registry: DynamoRegistry, dynamodb: DynamoDBClient
) -> None:
    wrong = {Kind.EDITED_VERSION, Kind.UNTOLD_VERSION, Kind.MISSING_VERSION}
    names = ("artifact_uri", "status", "metrics", "gates", "number")
    for name, value in edits(dynamodb, VERSION, *names):
        assert kinds(registry) & wrong, (name, value)


def test_a_route_whose_fields_are_others_is_found(
    registry: DynamoRegistry, dynamodb: DynamoDBClient
) -> None:
    for name, value in edits(dynamodb, ROUTE, "champion", "revision", "changed_by"):
        assert kinds(registry) == {Kind.UNTOLD_ROUTE}, (name, value)


INDEX_KEYS = ("gsi1pk", "gsi1sk")
ELSEWHERE: list[Any] = [None, {"S": "ABOUT#bank#00000009"}, {"S": "EVENT#0000000009"}]


@pytest.mark.parametrize(("place", "where"), [(EVENT, "event 1"), (VERSION, "version 1")])
def test_a_query_cannot_be_made_to_overlook_an_item_unseen(
    registry: DynamoRegistry, dynamodb: DynamoDBClient, place: Any, where: str
) -> None:
    """The index attributes alone are changed: nothing that has a digest is."""
    for name, value in edits(dynamodb, place, *INDEX_KEYS, others=ELSEWHERE):
        found = audit("bank", registry, {}).findings
        assert [(one.kind, one.where) for one in found] == [(Kind.MISINDEXED, where)], (name, value)
    assert kinds(registry) == set()


def test_an_event_about_no_version_is_not_slipped_into_the_history_of_one(
    registry: DynamoRegistry, dynamodb: DynamoDBClient
) -> None:
    registry.tell(an_event("person_forgotten", details={}))
    key = {**EVENT, "sk": {"S": "EVENT#0000000003"}}
    item: Any = dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
    listed = {"gsi1pk": {"S": "ABOUT#bank#00000001"}, "gsi1sk": key["sk"]}
    assert kinds(registry) == set()
    dynamodb.put_item(TableName=TABLE, Item={**item, **listed})
    assert kinds(registry) == {Kind.MISINDEXED}


def test_an_item_that_was_taken_from_another_place_is_found(
    registry: DynamoRegistry, dynamodb: DynamoDBClient
) -> None:
    item = dynamodb.get_item(TableName=TABLE, Key=EVENT)["Item"]
    dynamodb.put_item(TableName=TABLE, Item={**item, "sk": {"S": "EVENT#0000000002"}})
    assert Kind.MOVED_EVENT in kinds(registry)


def test_evidence_that_leads_nowhere_is_a_finding(registry: DynamoRegistry) -> None:
    def lost(_version: Version) -> list[str]:
        raise ValueError("not an S3 URI: 'x'")

    (found,) = audit("bank", registry, {}, lost).findings
    assert found.kind is Kind.CHANGED_OBJECT
    assert "not an S3 URI" in found.says
