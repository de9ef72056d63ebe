"""A record is answered as a request of one row is, or refused with a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from perennial.errors import NeedsPipelineRuntime, Unavailable
from perennial.serving.engine import engine_of
from perennial.serving.journal import Journal
from perennial.serving.problems import CATALOGUE
from perennial.serving.rows import MAX_BODY
from perennial.streaming.answering import Answerer
from perennial.streaming.records import Answer, Refused

from tests.unit.predict.artifacts import artifact
from tests.unit.predict.asking import Asked
from tests.unit.streaming.doubles import SHARD, arrival

ROW = {"age": 41, "job": "student", "balance": 3.25, "married": None, "seen": None}
NEVER_LOGGED = "424242.5"


def answerer(asked: Asked, forward: Any = None) -> Answerer:
    return Answerer(asked.models, Journal(), forward)


def told(became: Answer | Refused) -> dict[str, Any]:
    assert isinstance(became, Answer)
    document: dict[str, Any] = json.loads(became.data)
    return document


def test_a_record_gets_its_prediction(asked: Asked) -> None:
    record = arrival(7, {"model": "bank", "id": "order 9", "row": {"age": 41}}, "customer")
    became = answerer(asked).answer(record)
    assert told(became) == {
        "model": "bank",
        "version": 3,
        "artifact_digest": asked.routed.artifact_digest,
        "prediction": "yes",
        "probabilities": {"no": 0.25, "yes": 0.75},
        "id": "order 9",
        "prediction_id": f"{SHARD}:7-0",
        "shard": SHARD,
        "sequence_number": "7",
    }
    assert isinstance(became, Answer)
    assert became.key == "customer"
    assert became.answered is not None
    assert became.answered.ids == [f"{SHARD}:7-0"]
    assert became.answered.protocol == "stream"


def test_the_answer_is_the_endpoints() -> None:
    asked = Asked(engine_of)
    content, _ = artifact()
    asked.world.put_in_service("bank", 4, content)
    status, _, document = asked.respond(body=json.dumps({"rows": [ROW]}))
    assert status == 200
    (wanted,) = document["predictions"]
    said = told(answerer(asked).answer(arrival(1, {"model": "bank", "row": ROW})))
    assert said["version"] == document["version"] == 4
    assert said["artifact_digest"] == document["artifact_digest"]
    assert said["prediction"] == wanted["prediction"]
    assert said["probabilities"] == wanted["probabilities"]


def row(**features: object) -> dict[str, object]:
    return {"model": "bank", "row": features}


BAD: list[tuple[str, object]] = [
    ("malformed-body", b"not json " + NEVER_LOGGED.encode()),
    ("malformed-body", b""),
    ("malformed-body", b"\xff\xfe\x00"),
    ("malformed-body", b'{"model": "bank", "row": {"age": NaN}}'),
    ("malformed-body", b'{"model": "bank", "row": {"age": 1, "age": 2}}'),
    ("malformed-body", b'{"model": "bank", "row": ' + b"[" * 100_000),
    ("invalid-request", b"[]"),
    ("invalid-request", b"null"),
    ("invalid-request", {"model": "bank"}),
    ("invalid-request", {"row": {}}),
    ("invalid-request", {"model": 1, "row": {}}),
    ("invalid-request", {"model": "bank", "row": [1]}),
    ("invalid-request", {"model": "bank", "row": {}, "rows": []}),
    ("invalid-request", {"model": "bank", "row": {"age": 41}, "id": 7}),
    ("invalid-request", {"model": "bank", "row": {"age": 41}, "id": "x" * 129}),
    ("unknown-model", {"model": "nobody", "row": {"age": 41}}),
    ("unknown-model", {"model": "../bank", "row": {"age": 41}}),
    ("model-not-trained", {"model": "fresh", "row": {"age": 41}}),
    ("invalid-rows", row(age=NEVER_LOGGED)),
    ("invalid-rows", row()),
    ("body-too-large", b" " * (MAX_BODY + 1)),
]


@pytest.mark.parametrize(("reason", "data"), BAD, ids=lambda value: str(value)[:40])
def test_poison_is_refused_with_a_reason_and_no_value(
    asked: Asked, reason: str, data: object, capsys: pytest.CaptureFixture[str]
) -> None:
    became = answerer(asked).answer(arrival(5, data))
    assert isinstance(became, Refused)
    assert became.reason == reason
    message = json.loads(became.message("rows"))
    assert message["reason"] == reason
    assert (message["stream"], message["shard"]) == ("rows", SHARD)
    assert message["sequence_number"] == "5"
    assert NEVER_LOGGED not in became.message("rows") + capsys.readouterr().out


def test_what_is_wrong_with_a_row_is_told_by_field(asked: Asked) -> None:
    became = answerer(asked).answer(arrival(5, row(age="old")))
    assert isinstance(became, Refused)
    message = json.loads(became.message("rows"))
    assert message["model"] == "bank"
    assert message["errors"] == [{"field": "age", "reason": "a number is needed"}]


def test_every_reason_is_one_of_the_api() -> None:
    assert {reason for reason, _ in BAD} <= {kind.slug for kind in CATALOGUE}


def test_a_route_that_cannot_be_read_is_waited_for(asked: Asked) -> None:
    asked.world.routes.error = Unavailable("DynamoDB did not answer")
    with pytest.raises(Unavailable):
        answerer(asked).answer(arrival(1, row(age=41)))


def test_an_error_nobody_foresaw_harms_one_record_only(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    made = answerer(asked)
    assert isinstance(made.answer(arrival(1, row(age=41))), Answer)
    engine: Any = asked.router.served("bank").engine
    engine.error = RuntimeError(f"broke at {NEVER_LOGGED}")
    became = made.answer(arrival(2, row(age=41)))
    assert isinstance(became, Refused)
    assert became.reason == "internal-error"
    assert "RuntimeError" in (logged := capsys.readouterr().out)
    assert NEVER_LOGGED not in logged


def test_an_answer_too_large_for_a_record_is_refused(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perennial.streaming.answering.MAX_RECORD", 100)
    became = answerer(asked).answer(arrival(1, row(age=41)))
    assert isinstance(became, Refused)
    assert became.reason == "answer-too-large"


def elsewhere(data: bytes, digest: str) -> Any:
    raise NeedsPipelineRuntime("a pipeline")


def test_a_pipeline_is_answered_by_its_own_function() -> None:
    asked, sent = Asked(elsewhere), list[Mapping[str, Any]]()
    there = Asked()  # the same endpoint, where the libraries are

    def forward(event: Mapping[str, object]) -> dict[str, object]:
        sent.append(event)
        return there.endpoint.respond(event)

    made = answerer(asked, forward)
    record = {"model": "bank", "row": {"age": 41}, "id": "mine"}
    said = told(made.answer(arrival(1, record)))
    assert said == told(answerer(there).answer(arrival(1, record)))
    assert isinstance(refused := made.answer(arrival(2, row(age="old"))), Refused)
    assert refused.reason == "invalid-rows"
    assert len(sent) == 2


@pytest.mark.parametrize("there", [None, "away"])
def test_a_pipelines_function_that_is_not_there_is_waited_for(there: str | None) -> None:
    away = Asked()
    away.world.routes.error = Unavailable("DynamoDB did not answer")
    forward = away.endpoint.respond if there else None
    with pytest.raises(Unavailable):
        answerer(Asked(elsewhere), forward).answer(arrival(1, row(age=41)))
