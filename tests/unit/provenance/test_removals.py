"""Rows that left a dataset on request are no tampering; rows that just left it are."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from perennial.forgetting.records import TOMBSTONE, Removal, Tombstone
from perennial.provenance.receipts import Kind, verify_version
from perennial.provenance.removals import unordered
from perennial.registry.records import Version

from tests.fakes.objects import InMemoryObjects
from tests.fakes.records import a_version
from tests.unit.forgetting.world import BUCKET, World


def forgotten() -> tuple[World, Version, InMemoryObjects]:
    """A person has been forgotten; the world, a version trained on them, and the store."""
    world = World()
    world.fill()
    number = world.trained()
    world.forget()
    (version,) = world.registry.versions("bank")
    assert version.number == number
    return world, version, objects_of(world)


def objects_of(world: World) -> InMemoryObjects:
    store = InMemoryObjects()
    for one in world.store.listed(BUCKET):
        store.write(one.uri, world.store.read(one.uri), "")
    return store


def about_dataset(version: Version, store: InMemoryObjects) -> list[Kind]:
    return [one.kind for one in verify_version(version, store) if one.subject == "dataset"]


def place(version: Version, name: str) -> str:
    return f"{BUCKET}datasets/bank/{version.dataset_digest}/{name}"


def test_rows_that_left_on_request_are_told_as_that() -> None:
    world, version, store = forgotten()
    assert about_dataset(version, store) == [Kind.REMOVED]
    assert list(unordered(version, store, world.registry)) == []


def test_what_was_changed_after_a_removal_is_tampering() -> None:
    _, version, store = forgotten()
    store.write(place(version, "data.parquet"), b"tampered with", "")
    assert about_dataset(version, store) == [Kind.CHANGED]


def test_a_tombstone_nobody_asked_for_is_found() -> None:
    world, version, store = forgotten()
    forged = Tombstone("bank", version.dataset_digest, (Removal("r", "", 1, "s", "0" * 64),))
    store.write(place(version, TOMBSTONE), forged.to_json(), "")
    (told,) = unordered(version, store, world.registry)
    assert "without a request" in told


def test_a_removal_that_borrows_a_request_of_the_history_is_found() -> None:
    world, version, store = forgotten()
    true = Tombstone.from_json(store.read(place(version, TOMBSTONE)))
    forged = replace(true.removals[0], file_digest="0" * 64)
    store.write(place(version, TOMBSTONE), true.with_removal(forged).to_json(), "")
    (told,) = unordered(version, store, world.registry)
    assert "other rows than the history tells of" in told


def test_something_else_in_its_place_accounts_for_nothing() -> None:
    _, version, store = forgotten()
    store.write(place(version, TOMBSTONE), b"{}", "")
    assert about_dataset(version, store) == [Kind.CHANGED]


@pytest.mark.parametrize(
    "removal",
    [{"rows": "x"}, {"rows": True}, {"file_digest": []}, {"subject": None}, {"a": "x"}],
)
def test_a_tombstone_of_another_shape_accounts_for_nothing(removal: dict[str, Any]) -> None:
    world, version, store = forgotten()
    document = json.loads(store.read(place(version, TOMBSTONE)))
    document["removals"][0] |= removal
    store.write(place(version, TOMBSTONE), json.dumps(document).encode(), "")
    assert about_dataset(version, store) == [Kind.CHANGED]
    (told,) = unordered(version, store, world.registry)
    assert "does not say which rows" in told


def test_a_dataset_as_it_was_needs_no_tombstone() -> None:
    world = World()
    world.fill()
    version = a_version("run", dataset_digest=world.digest)
    store: Any = objects_of(world)
    assert about_dataset(version, store) == []
    assert list(unordered(version, store, world.registry)) == []
