"""`GET history`: what happened to a model, and what served it when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from perennial.serving.histories import MOST

from tests.unit.manage.test_manage_endpoint import AT, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def ask(world: World, model: str = "bank", **query: str) -> tuple[int, Any]:
    resource = "/v1/models/{model}/history"
    changes = {"resource": resource, "pathParameters": {"model": model}}
    return world.get("rest-describe-model", {**changes, "queryStringParameters": query or None})


def test_a_model_without_history_has_an_empty_one(world: World) -> None:
    assert ask(world) == (200, {"model": "bank", "service": None, "events": []})


def test_events_come_newest_first_with_their_digests(world: World) -> None:
    world.train()
    status, document = ask(world)
    assert status == 200
    assert [one["sequence"] for one in document["events"]] == [2, 1]
    assert document["events"][0]["previous"] == document["events"][1]["digest"]


def test_a_stretch_and_a_number_bound_the_events(world: World) -> None:
    world.train()
    assert [one["sequence"] for one in ask(world, limit="1")[1]["events"]] == [2]
    assert ask(world, until="2020-01-01T00:00:00Z")[1]["events"] == []
    assert ask(world, since="2100-01-01")[1]["events"] == []
    assert len(ask(world, since=AT, until=AT)[1]["events"]) == 2
    assert [one["sequence"] for one in ask(world, version="1")[1]["events"]] == [1]


@pytest.mark.parametrize(
    "query",
    [
        {"at": "yesterday"},
        {"since": ""},
        {"until": "2026-13-01"},
        {"version": "0"},
        {"version": "one"},
        {"version": "٣"},
        {"limit": "0"},
        {"limit": str(MOST + 1)},
        {"limit": "1e3"},
        {"before": "3"},
    ],
    ids=json.dumps,
)
def test_a_parameter_that_is_none_is_refused(world: World, query: dict[str, str]) -> None:
    status, problem = ask(world, **query)
    assert status == 422
    assert problem["type"].endswith("invalid-request")
    assert next(iter(query)) in problem["detail"] or "parameters" in problem["detail"]


def test_a_model_that_is_not_deployed_has_none(world: World) -> None:
    assert ask(world, "other")[0] == 404
