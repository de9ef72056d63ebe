"""A shadow is asked what the champion has answered, and whatever it does, no caller notices."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.errors import InvalidRows, NeedsPipelineRuntime, RowProblem, Unavailable
from perennial.registry.records import RoutedVersion
from perennial.serving.answered import Answered
from perennial.serving.capture import Policy
from perennial.serving.engine import engine_of
from perennial.serving.journal import Journal
from perennial.serving.predict import Endpoint
from perennial.serving.shadow import Shadows
from perennial.serving.shadowing import Shadowing, handed_over

from tests.unit.predict.artifacts import artifact
from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import FakeEngine, FakeRollout, World, event
from tests.unit.predict.rollouts import counted

BODY = json.dumps({"rows": [{"age": 50}, {"age": 20}], "entity_ids": ["a", "b"]})


class Queue(list[tuple[str, str]]):
    def send(self, text: str, model: str) -> None:
        self.append((text, model))


class Shadow:
    """The function that asks version 4 of `bank`, with everything around it in memory."""

    def __init__(self, load: Any = None) -> None:
        self.world = World()
        self.world.put_in_service("bank", 3)
        self.routed = self.world.cast_shadow("bank", 4)
        self.rollout = FakeRollout("r1", shadow=self.routed)
        self.captures: list[tuple[Answered, float]] = []
        self.engines: list[FakeEngine] = []
        self.forwarded: list[Any] = []
        self.shadows = Shadows(
            self.world.objects,
            load or self._load,
            Journal(),
            capture=lambda answered, took: self.captures.append((answered, took)),
            forward=self._forward,
        )

    def _load(self, data: bytes, digest: str) -> FakeEngine:
        self.engines.append(self.world.load(data, digest))
        return self.engines[-1]

    def _forward(self, asked: object) -> object:
        self.forwarded.append(asked)
        return {}

    def handed_over(self, **changes: object) -> dict[str, Any]:
        asked = handed_over(event() | {"body": BODY} | changes, self.rollout)
        parsed: dict[str, Any] = json.loads(json.dumps(asked))
        return parsed


@pytest.fixture
def shadow() -> Shadow:
    return Shadow()


def test_its_answer_is_kept_under_the_ids_that_the_caller_was_given(shadow: Shadow) -> None:
    shadow.shadows.answer(shadow.handed_over())
    response = Asked().endpoint.respond(event() | {"body": BODY})
    given = [one["id"] for one in json.loads(str(response["body"]))["predictions"]]
    ((answered, milliseconds),) = shadow.captures
    assert answered.ids == given
    assert (answered.role, answered.version, answered.rollout_id) == ("shadow", 4, "r1")
    assert answered.entities == ["a", "b"]
    assert [one.value for one in answered.predictions] == ["yes", "no"]
    assert milliseconds > 0


def test_it_counts_for_its_version_alone(
    shadow: Shadow, capsys: pytest.CaptureFixture[str]
) -> None:
    shadow.shadows.answer(shadow.handed_over())
    assert counted(capsys, "model", "version") == [("4", 1, 0, False)]  # it had to be loaded
    shadow.shadows.answer(shadow.handed_over())
    out = capsys.readouterr().out
    line = json.loads(out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["model", "version"]]
    assert (line["version"], line["Requests"], line["Rows"], line["Errors"]) == ("4", 1, 2, 0)
    assert line["LatencyMs"] > 0


def test_an_entity_in_the_header_is_kept(shadow: Shadow) -> None:
    body = json.dumps({"rows": [{"age": 50}]})
    shadow.shadows.answer(shadow.handed_over(body=body, headers={"X-Entity-Id": "customer-7"}))
    assert shadow.captures[0][0].entities == "customer-7"


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("its text may hold a value: 98765"),
        InvalidRows([RowProblem(0, "age", "is no feature of this model")]),
        Unavailable("away"),
    ],
)
def test_what_it_cannot_answer_is_an_error_of_its_version(
    shadow: Shadow, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    shadow.shadows.answer(shadow.handed_over())
    shadow.engines[0].error = error
    shadow.captures.clear()
    capsys.readouterr()
    shadow.shadows.answer(shadow.handed_over())
    out = capsys.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    assert "98765" not in out
    assert [line["message"] for line in lines] == ["the shadow cannot answer", "version compared"]
    assert (lines[1]["Requests"], lines[1]["Errors"], lines[1]["version"]) == (1, 1, "4")
    assert "LatencyMs" not in lines[1]
    assert shadow.captures == []


@pytest.mark.parametrize("damage", ["gone", "corrupt"])
def test_an_artifact_that_is_gone_or_corrupt_is_counted(
    shadow: Shadow, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    objects = shadow.world.objects.objects
    if damage == "gone":
        del objects[shadow.routed.artifact_uri]
    else:
        objects[shadow.routed.artifact_uri] = b"something else"
    shadow.shadows.answer(shadow.handed_over())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["LoadFailures"] == 1
    assert lines[-1]["Errors"] == 1


def test_a_shadow_that_is_a_pipeline_is_asked_where_it_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def load(data: bytes, digest: str) -> FakeEngine:
        raise NeedsPipelineRuntime("a pipeline")

    shadow = Shadow(load)
    asked = shadow.handed_over()
    shadow.shadows.answer(asked)
    assert shadow.forwarded == [asked]
    assert capsys.readouterr().out.count("version compared") == 0  # whoever answers counts


def test_a_pipeline_nobody_can_be_asked_for_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    def load(data: bytes, digest: str) -> FakeEngine:
        raise NeedsPipelineRuntime("a pipeline")

    world = World()
    world.put_in_service("bank", 3)
    rollout = FakeRollout("r1", shadow=world.cast_shadow("bank", 4))
    shadows = Shadows(world.objects, load, Journal())
    shadows.answer(handed_over(event(), rollout))
    assert counted(capsys, "model", "version") == [("4", 1, 1, False)]


def test_every_protocol_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    data = artifact()[0]
    shadow = Shadow(engine_of)
    shadow.routed = shadow.world.put_in_service("bank", 4, data)
    shadow.rollout = FakeRollout("r1", shadow=shadow.routed)
    tensors = [
        {"name": "age", "shape": [1], "datatype": "INT64", "data": [41]},
        {"name": "job", "shape": [1], "datatype": "BYTES", "data": ["admin."]},
    ]
    asked: list[tuple[str, object]] = [
        ("/v1/models/{model}/predict", {"rows": [{"age": 41, "job": "admin."}]}),
        ("/v1/models/{model}/explain", {"rows": [{"age": 41, "job": "admin."}]}),
        ("/v1/models/{model}/invocations", {"inputs": {"age": [41], "job": ["admin."]}}),
        ("/v2/models/{model}/infer", {"inputs": tensors}),
    ]
    for resource, body in asked:
        shadow.shadows.answer(shadow.handed_over(resource=resource, body=json.dumps(body)))
    assert [errors for _, _, errors, _ in counted(capsys, "model", "version")] == [0, 0, 0, 0]
    assert len({one.predictions[0].value for one, _ in shadow.captures}) == 1


# Handing over.


def test_no_key_or_token_of_a_caller_is_handed_over() -> None:
    secret = "sk-12345"
    headers = {"x-api-key": secret, "Authorization": secret, "Cookie": secret, "X-Entity-Id": "7"}
    rollout = FakeRollout("r1", shadow=RoutedVersion(4, "ab", "s3://bucket/key"))
    told = handed_over(event() | {"headers": headers}, rollout)
    assert told["headers"] == {"X-Entity-Id": "7"}
    context = event()["requestContext"]
    assert told["requestContext"] == {"requestId": context["requestId"]}
    assert secret not in json.dumps(told)


def test_the_version_is_the_one_that_the_route_had_then() -> None:
    rollout = FakeRollout("r1", shadow=RoutedVersion(4, "ab", "s3://bucket/key"))
    assert handed_over(event(), rollout)["shadow"] == {
        "rollout_id": "r1",
        "number": 4,
        "artifact_digest": "ab",
        "artifact_uri": "s3://bucket/key",
    }


@pytest.mark.parametrize("how", ["no connection", "refuses"])
def test_a_hand_over_that_fails_is_counted_and_breaks_no_answer(
    capsys: pytest.CaptureFixture[str], how: str
) -> None:
    class Broken(Queue):
        def send(self, text: str, model: str) -> None:
            raise RuntimeError("its text may hold a value: 98765")

    def connect(lost: object) -> Queue:
        if how == "no connection":
            raise Unavailable("the environment variable AWS_REGION is not set")
        return Broken()

    asked = Asked()
    asked.world.cast_shadow("bank", 4)
    asked.endpoint = Endpoint(asked.models, Journal(), shadow=Shadowing(connect, Journal()))
    assert asked.respond()[0] == 200
    out = capsys.readouterr().out
    assert "98765" not in out
    (line,) = (json.loads(one) for one in out.splitlines() if "ShadowFailures" in one)
    assert (line["ShadowFailures"], line["model"]) == (1, "bank")


def test_one_queue_serves_all_requests() -> None:
    queues: list[Queue] = []

    def connect(lost: object) -> Queue:
        queues.append(Queue())
        return queues[-1]

    asked = Asked()
    asked.world.cast_shadow("bank", 4)
    asked.endpoint = Endpoint(asked.models, Journal(), shadow=Shadowing(connect, Journal()))
    for _ in range(3):
        asked.respond()
    ((*sent,),) = queues
    assert [model for _, model in sent] == ["bank"] * 3


def test_a_sample_holds_both_answers_to_a_request_or_neither() -> None:
    """Versions are compared over what is kept of both, so neither may be kept more often."""
    policy = Policy({"capture": {"sample": 0.3}, "features": {}})
    shadow, asked = Shadow(), Asked()
    captured: list[Answered] = []
    asked.world.cast_shadow("bank", 4)
    asked.endpoint = Endpoint(
        asked.models, Journal(), capture=lambda answered, _: captured.append(answered)
    )
    for number in range(50):
        context = {"requestContext": {"requestId": f"request-{number}"}}
        asked.endpoint.respond(event() | context)
        shadow.shadows.answer(shadow.handed_over(**context))
    champion = [policy.keeps(one.request_id) for one in captured]
    beside = [policy.keeps(one.request_id) for one, _ in shadow.captures]
    assert champion == beside
    assert {*champion} == {True, False}
