"""The doors of outcomes: the path of the API, and the function behind queue and bucket."""

from __future__ import annotations

import importlib.util
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest
from perennial.errors import NotEnoughOutcomes, Unavailable
from perennial.outcomes.batch import Batch
from perennial.outcomes.endpoint import Door, respond
from perennial.outcomes.message import messages_of
from perennial.outcomes.taking import Outcome, Taken
from perennial.serving.openapi.outcomes import MAX_OUTCOMES, OUTCOMES
from perennial.settings import SpecStore
from perennial.spec.source import parse_spec

from tests.fakes.files import InMemoryFiles
from tests.unit.outcomes.world import SPEC, World, at

FUNCTIONS = Path(__file__).parents[3] / "functions"
NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
ONE = {"prediction_id": "a", "outcome": "yes"}


@dataclass
class Sent:
    """A queue that remembers; `stored` says of how many messages it keeps."""

    texts: list[str] = field(default_factory=list)
    down: bool = False
    refuses: bool = False

    def send(self, messages: Sequence[str]) -> list[bool]:
        if self.down:
            raise Unavailable("SQS did not answer")
        self.texts += messages
        return [not self.refuses] * len(messages)


@dataclass
class Asked:
    """A door with everything behind it."""

    folder: Path
    queue: Sent = field(default_factory=Sent)
    counted: list[tuple[str, int, int]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def deploy(self, text: str) -> None:
        spec = parse_spec(text)
        (self.folder / f"{spec.name}.json").write_text(spec.model_dump_json())

    def post(self, body: object, model: str = "bank", **event: Any) -> tuple[int, Any]:
        door = Door(
            specs=SpecStore(self.folder),
            classes=lambda _: ("no", "yes"),
            queue=self.queue,
            clock=lambda: NOW,
            counted=self._count,
            log_failure=self.failures.append,
        )
        asked = {
            "resource": OUTCOMES,
            "httpMethod": "POST",
            "pathParameters": {"model": model},
            "requestContext": {"requestId": "r"},
            "headers": {"content-type": "application/json"},
            "body": body if isinstance(body, str) else json.dumps(body),
        }
        answer = respond(asked | event, door)
        status, text = answer["statusCode"], answer["body"]
        assert isinstance(status, int)
        assert isinstance(text, str)
        return status, json.loads(text)

    def _count(self, model: str, taken: Taken) -> None:
        self.counted.append((model, len(taken.outcomes), len(taken.refused)))


@pytest.fixture
def door(tmp_path: Path) -> Asked:
    asked = Asked(tmp_path)
    asked.deploy(SPEC)
    return asked


def test_what_is_right_is_queued_and_what_is_wrong_is_told(door: Asked) -> None:
    status, body = door.post({"outcomes": [ONE, {"outcome": "yes"}]})
    assert (status, body["accepted"]) == (202, 1)
    assert [one["index"] for one in body["rejected"]] == [1]
    assert len(door.queue.texts) == 1
    assert door.counted == [("bank", 1, 1)]


def test_as_many_as_fit_a_body_are_taken_at_once_and_more_belong_into_a_file(door: Asked) -> None:
    many = [{"prediction_id": f"{n}", "outcome": "yes"} for n in range(MAX_OUTCOMES)]
    assert door.post({"outcomes": many})[1]["accepted"] == MAX_OUTCOMES
    status, problem = door.post({"outcomes": [*many, ONE]})
    assert (status, problem["type"]) == (413, "urn:perennial:problem:too-many-rows")
    assert "outcomes/bank/" in problem["detail"]
    status, problem = door.post({"outcomes": [{**ONE, "observed_at": "x" * 200}] * 10_000})
    assert (status, problem["type"]) == (413, "urn:perennial:problem:body-too-large")


@pytest.mark.parametrize(
    "body", ["{", '{"outcomes": []}', '{"outcomes": 7}', "[]", "{}", '{"outcomes": [], "rows": []}']
)
def test_a_body_of_another_form_is_refused(door: Asked, body: str) -> None:
    status, problem = door.post(body)
    assert status in (400, 422)
    assert problem["type"].startswith("urn:perennial:problem:")
    assert door.queue.texts == []


def test_nothing_right_is_a_problem_that_lists_why(door: Asked) -> None:
    status, problem = door.post({"outcomes": [{"outcome": "yes"}] * 200})
    assert (status, problem["type"]) == (422, "urn:perennial:problem:invalid-outcomes")
    assert len(problem["errors"]) == 100
    assert door.queue.texts == []


def test_a_model_that_is_not_there_a_wrong_method_and_a_query_are_told(door: Asked) -> None:
    assert door.post({"outcomes": [ONE]}, model="nobody")[0] == 404
    assert door.post({"outcomes": [ONE]}, httpMethod="PUT")[0] == 405
    assert door.post({"outcomes": [ONE]}, queryStringParameters={"a": "b"})[0] == 422
    assert door.post({"outcomes": [ONE]}, resource="/v1/elsewhere")[0] == 404


def test_outcomes_of_a_sensitive_target_are_refused(door: Asked) -> None:
    door.deploy(SPEC + "sensitive: [y]\n")
    status, problem = door.post({"outcomes": [ONE]})
    assert status == 422
    assert "sensitive" in problem["detail"]


def test_a_queue_that_is_away_or_refuses_asks_to_come_again(door: Asked) -> None:
    door.queue.down = True
    assert door.post({"outcomes": [ONE]})[0] == 503
    door.queue = Sent(refuses=True)
    assert door.post({"outcomes": [ONE]})[0] == 503
    assert len(door.failures) == 2


def texts(*ids: str, request: str = "r", at_: datetime = NOW) -> list[str]:
    outcomes = [Outcome(one, None, None, "yes", at_) for one in ids]
    return messages_of("bank", request, at_, outcomes)


def written(files: InMemoryFiles, *messages: str) -> dict[str, list[str]]:
    batch = Batch(lambda _: parse_spec(SPEC), files, "data")
    for number, text in enumerate(messages):
        batch.take(f"m{number}", text)
    assert all(one.error is None for one in batch.write())
    return {
        place: pq.read_table(io.BytesIO(files.read(place)))["prediction_id"].to_pylist()
        for place in files.content_types
    }


def test_a_batch_becomes_a_file_for_each_day_it_came_in() -> None:
    late = datetime(2026, 11, 22, tzinfo=UTC)
    found = written(InMemoryFiles(), *texts("a"), *texts("b"), *texts("c", request="s", at_=late))
    assert sorted(place.split("/")[5] for place in found) == ["day=2026-11-21", "day=2026-11-22"]


def test_a_batch_that_is_delivered_again_replaces_its_files() -> None:
    files = InMemoryFiles()
    once = written(files, *texts("a"), *texts("b", request="s"))
    again = written(files, *texts("b", request="s"), *texts("a"), *texts("a"))
    assert again == once
    assert list(again.values()) == [["a", "b"]]


class Recorder:
    """The function behind queue and bucket, with a store in memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        (folder / "bank.json").write_text(parse_spec(SPEC).model_dump_json())
        monkeypatch.setenv("PERENNIAL_SPECS", str(folder))
        monkeypatch.setenv("PERENNIAL_DATA_BUCKET", "data")
        self.files, self.module = InMemoryFiles(), _load("record")
        monkeypatch.setattr(self.module, "files", lambda: self.files)
        monkeypatch.setattr(self.module, "labels", lambda: lambda _: ("no", "yes"))

    def batch(self, *messages: str) -> list[str]:
        """Deliver messages; the ones that are to come again."""
        records = [
            {"messageId": f"m{n}", "body": body, "eventSource": "aws:sqs"}
            for n, body in enumerate(messages)
        ]
        answer = self.module.handler({"Records": records}, None)
        return [one["itemIdentifier"] for one in answer["batchItemFailures"]]

    def upload(self, key: str, body: bytes) -> dict[str, Any]:
        self.files.write(f"s3://data/{key}", body, "x/y")
        stored = {"key": key, "version-id": "1", "etag": "e", "size": len(body)}
        detail = {"bucket": {"name": "data"}, "object": stored}
        answer: dict[str, Any] = self.module.handler(
            {"detail": detail, "time": "2026-11-21T14:00:00Z"}, None
        )
        return answer


def _load(name: str) -> ModuleType:
    path = FUNCTIONS / name / "handler.py"
    spec = importlib.util.spec_from_file_location(f"{name}_handler", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recorder:
    return Recorder(monkeypatch, tmp_path)


def test_a_message_nobody_can_read_does_not_keep_the_others(recorder: Recorder) -> None:
    assert recorder.batch(*texts("a"), "nonsense", *texts("b", request="s")) == ["m1"]
    (place,) = recorder.files.content_types
    assert pq.read_table(io.BytesIO(recorder.files.read(place))).num_rows == 2


def test_a_store_that_is_away_lets_the_batch_come_again(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("S3 did not answer")

    monkeypatch.setattr(recorder.files, "write", refuse)
    assert recorder.batch(*texts("a")) == ["m0"]


def test_no_outcome_is_in_the_log(
    recorder: Recorder, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder.batch(*texts("a"), *[text.replace("yes", "7.125x") for text in texts("b")], "7.125x")
    recorder.upload("outcomes/bank/o.csv", b"prediction_id,outcome\na,7.125x\n")
    told = [str(vars(record)) for record in caplog.records]
    assert {"message not taken", "file recorded"} <= set(caplog.messages)
    assert "7.125x" not in "".join(told) + capsys.readouterr().out


def test_an_upload_is_recorded_and_what_lies_beside_it_is_not(recorder: Recorder) -> None:
    body = b"prediction_id,outcome\na,yes\nb,x\n"
    told = recorder.upload("outcomes/bank/o.csv", body)
    assert told == {"outcome": "RECORDED", "accepted": 1, "rejected": 1}
    beside = "outcomes/bank/o.csv.recorded/rejected.csv"
    assert recorder.upload(beside, b"row\n") == {"outcome": "IGNORED"}


def test_an_upload_for_a_model_that_is_not_there_is_told(recorder: Recorder) -> None:
    told = recorder.upload("outcomes/nobody/o.csv", b"prediction_id,outcome\na,yes\n")
    assert told["outcome"] == "UNKNOWN_MODEL"


@pytest.fixture
def world() -> World:
    return World(SPEC + "retraining: {minimum_rows: 20, maximum_rows: 1000}\n")


def test_gathering_answers_with_the_object_a_run_starts_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, world: World
) -> None:
    (tmp_path / "bank.json").write_text(world.spec.model_dump_json())
    monkeypatch.setenv("PERENNIAL_SPECS", str(tmp_path))
    monkeypatch.setenv("PERENNIAL_DATA_BUCKET", "data")
    gather = _load("gather")
    monkeypatch.setattr(gather, "files", lambda: world.files)
    event = {"model": "bank", "retraining_id": "r-1", "cause": "drift", "by": "alarm"}
    with pytest.raises(NotEnoughOutcomes):
        gather.handler(event, None)
    world.predicted(0, *(f"p-{n}" for n in range(20)))
    world.came_true(1, [(f"p-{n}", "yes") for n in range(20)])
    monkeypatch.setattr(gather, "datetime", _Frozen)
    answer = gather.handler(event, None)
    assert answer["rows"] == 20
    assert answer["source"].keys() == {"bucket", "key", "version_id", "etag", "size"}
    assert gather.handler(event, None) == answer


class _Frozen:
    """A clock that stands a while after everything came true."""

    @staticmethod
    def now(_: object) -> datetime:
        return at(30)
