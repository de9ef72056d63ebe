"""What the API says about models, whatever state they are in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import Unavailable
from perennial.registry.records import (
    Event,
    RolloutStatus,
    Route,
    RoutedVersion,
    Run,
    RunStatus,
    SourceObject,
    Version,
)
from perennial.serving.catalogue import Catalogue
from perennial.serving.learned import LearnedFrom
from perennial.serving.manage import respond
from perennial.settings import SpecStore
from perennial.spec import ModelSpec

from tests.fakes.records import a_rollout, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.unit.predict.artifacts import CATEGORIES, artifact
from tests.unit.predict.fakes import FakeObjects, event

AT = "2026-11-21T12:00:00.000Z"
BANK = {
    "name": "bank",
    "description": "Who takes up a term deposit.",
    "task": "binary",
    "target": "y",
    "positive_class": "yes",
    "features": {
        "age": {"type": "integer", "minimum": 16, "maximum": 120, "description": "In years."},
        "job": {"type": "category"},
        "balance": {"type": "number", "nullable": True},
        "region": {"type": "category", "categories": ["north", "south"], "unseen": "missing"},
        "income": {"type": "number", "minimum": 1234.5, "nullable": True},
    },
    "sensitive": ["region", "income"],
}


class World:
    """A deployment of `bank`; `train` puts version 1 of it in service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = InMemoryRegistry()
        self.objects = FakeObjects()
        self.failures: list[Exception] = []
        self.deploy(BANK)
        learned_from = LearnedFrom(self.objects, self.failures.append)
        self.catalogue = Catalogue(SpecStore(folder), self.registry, learned_from)

    def deploy(self, spec: dict[str, Any]) -> None:
        compiled = ModelSpec.model_validate(spec).model_dump(mode="json")
        (self.folder / f"{spec['name']}.json").write_text(json.dumps(compiled))

    def train(self) -> str:
        data, digest = artifact()
        uri = f"s3://artifacts/bank/{digest}.zip"
        self.objects.objects[uri] = data
        source = SourceObject("b", "incoming/bank/a.csv", "v", "e", 1)
        run = Run("bank", "r1", RunStatus.RUNNING, source, AT, "me", "upload", AT)
        run = replace(run, seconds={"TrainModel": 120.0})
        self.registry.create_run(run)
        version = Version(
            "bank",
            0,
            "r1",
            digest,
            uri,
            len(data),
            "d",
            "s",
            "s3://b/receipt",
            "s3://b/report",
            "xgboost",
            {"roc_auc": 0.91},
            (),
            AT,
            card_uri="s3://b/card",
        )
        self.registry.register_version(version, Event("bank", 0, AT, "me", "x", "y", "z"))
        route = Route("bank", 1, RoutedVersion(1, digest, uri), None, AT, "me", "first")
        self.registry.set_route(route, Event("bank", 0, AT, "me", "x", "y", "z"))
        return digest

    def get(
        self, name: str = "rest-list-models", changes: dict[str, object] | None = None
    ) -> tuple[int, Any]:
        response = respond(event(name) | (changes or {}), self.catalogue, self.failures.append)
        status, body = response["statusCode"], response["body"]
        assert isinstance(status, int)
        assert isinstance(body, str)
        return status, json.loads(body)

    def describe(self, model: str = "bank") -> tuple[int, Any]:
        return self.get("rest-describe-model", {"pathParameters": {"model": model}})


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_models_are_listed_with_their_state(world: World) -> None:
    world.deploy(BANK | {"name": "another"})
    world.train()
    status, document = world.get()
    assert status == 200
    assert document["models"] == [
        {
            "name": name,
            "description": "Who takes up a term deposit.",
            "task": "binary",
            "status": state,
            "version": version,
            "path": f"/v1/models/{name}",
        }
        for name, state, version in (("another", "not-trained", None), ("bank", "in-service", 1))
    ]


def test_nothing_deployed_is_an_empty_list(world: World) -> None:
    (world.folder / "bank.json").unlink()
    assert world.get() == (200, {"models": []})


def test_a_model_in_service_is_described(world: World) -> None:
    digest = world.train()
    status, document = world.describe()
    assert status == 200
    assert document["status"] == "in-service"
    assert document["classes"] == ["no", "yes"]
    assert document["endpoint"]["path"] == "/v1/models/bank/predict"
    assert document["champion"] == {
        "version": 1,
        "artifact_digest": digest,
        "in_service_since": AT,
        "algorithm": "xgboost",
        "trained_at": AT,
        "metrics": {"roc_auc": 0.91},
        "run_id": "r1",
        "card_uri": "s3://b/card",
        "mlflow_uri": "s3://artifacts/mlflow/bank/00000001",
        "dollars": pytest.approx(0.0081, abs=0.002),
    }
    assert document["newest_run"]["run_id"] == "r1"
    assert world.failures == []


def test_a_model_without_a_version_is_described_by_its_spec(world: World) -> None:
    status, document = world.describe()
    assert status == 200
    assert document["status"] == "not-trained"
    assert (document["classes"], document["champion"], document["newest_run"]) == (None,) * 3
    assert [feature["name"] for feature in document["features"]] == list(BANK["features"])


def test_features_say_what_a_row_may_hold(world: World) -> None:
    world.train()
    features = {feature.pop("name"): feature for feature in world.describe()[1]["features"]}
    assert features["age"] == {
        "type": "integer",
        "nullable": False,
        "description": "In years.",
        "minimum": 16,
        "maximum": 120,
    }
    assert features["balance"] == {"type": "number", "nullable": True}


def test_categories_that_training_learned_are_shown(world: World) -> None:
    def categories() -> object:
        (job,) = [f for f in world.describe()[1]["features"] if f["name"] == "job"]
        return job.get("categories")

    assert categories() is None
    world.train()
    assert categories() == list(CATEGORIES)


def test_nothing_of_a_sensitive_feature_is_shown(world: World) -> None:
    world.train()
    _, document = world.describe()
    features = {feature["name"]: feature for feature in document["features"]}
    assert features["region"] == {
        "name": "region",
        "type": "category",
        "nullable": False,
        "sensitive": True,
    }
    assert "1234.5" not in json.dumps(document)
    assert "north" not in json.dumps(document)


@pytest.mark.parametrize("damage", ["missing", "changed", "unreachable"])
def test_an_artifact_that_cannot_be_read_leaves_the_rest(world: World, damage: str) -> None:
    world.train()
    if damage == "missing":
        world.objects.objects.clear()
    elif damage == "changed":
        world.objects.objects = dict.fromkeys(world.objects.objects, b"changed")
    else:
        world.objects.error = Unavailable("s3 did not answer")
    status, document = world.describe()
    assert (status, document["classes"], document["version"]) == (200, None, 1)
    assert len(world.failures) == 1


def test_an_artifact_is_read_once(world: World) -> None:
    world.train()
    world.describe()
    world.describe()
    assert len(world.objects.read_uris) == 1


@pytest.mark.parametrize("model", ["nobody", "../bank", "bank.json", "", "*", "bank\n", "Bank"])
def test_an_unknown_model_is_not_found(world: World, model: str) -> None:
    status, document = world.describe(model)
    assert status == 404
    assert document["type"] == "urn:perennial:problem:unknown-model"


def test_a_registry_that_is_down_is_unavailable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(model: str) -> None:
        raise Unavailable("dynamodb did not answer")

    monkeypatch.setattr(world.registry, "route", down)
    status, document = world.get()
    assert (status, document["type"]) == (503, "urn:perennial:problem:unavailable")
    assert len(world.failures) == 1


def test_an_unforeseen_error_tells_nothing(world: World) -> None:
    (world.folder / "bank.json").write_text("{}")
    status, document = world.describe()
    assert (status, document["type"]) == (500, "urn:perennial:problem:internal-error")
    assert len(world.failures) == 1


@pytest.mark.parametrize(
    ("changes", "status", "slug"),
    [
        ({"httpMethod": "DELETE"}, 405, "method-not-allowed"),
        ({"resource": "/v1"}, 404, "unknown-path"),
        ({"resource": None}, 404, "unknown-path"),
    ],
)
def test_other_methods_and_paths_are_refused(
    world: World, changes: dict[str, object], status: int, slug: str
) -> None:
    found, document = world.get(changes=changes)
    assert (found, document["type"]) == (status, f"urn:perennial:problem:{slug}")
    assert world.failures == []


def rollout_of(world: World, model: str = "bank") -> tuple[int, Any]:
    resource = "/v1/models/{model}/rollout"
    return world.get(
        "rest-describe-model", {"resource": resource, "pathParameters": {"model": model}}
    )


def test_a_rollout_under_way_is_shown_with_what_the_judge_saw(world: World) -> None:
    world.train()
    rollout = a_rollout(findings='{"verdict":"undecided"}')
    route = world.registry.route("bank")
    assert route is not None
    route = replace(route, revision=2, rollout_id="r2", shadow=route.champion)
    world.registry.set_route(route, an_event("rollout_began"), rollout=rollout)
    status, document = rollout_of(world)
    assert status == 200
    assert document["earlier"] == []
    told = document["rollout"]
    assert (told["version"], told["status"], told["step"]) == (2, "RUNNING", 1)
    assert (told["strategy"], told["share"]) == ("shadow", 0.0)
    assert [step["share"] for step in told["steps"]] == [0.0, 0.25]
    assert told["findings"] == {"verdict": "undecided"}


def test_a_rollout_that_has_ended_is_an_earlier_one(world: World) -> None:
    world.train()
    world.registry.save_rollout(a_rollout(status=RolloutStatus.REJECTED, reason="slower"))
    _, document = rollout_of(world)
    assert document["rollout"] is None
    assert [one["reason"] for one in document["earlier"]] == ["slower"]


def test_a_model_without_a_rollout_says_so(world: World) -> None:
    assert rollout_of(world) == (200, {"model": "bank", "rollout": None, "earlier": []})
    assert rollout_of(world, "unknown")[0] == 404
