"""Rows put on a Kinesis stream come out of another as predictions, in order; poison does not."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import boto3
import pytest

from tests.e2e import captures
from tests.e2e.conftest import ROOT
from tests.e2e.platform import Platform, until
from tests.e2e.streams import Streams
from tests.e2e.test_journey import rows_of

MODEL = "breast-cancer"
LOG = "/perennial/stream"
NEVER_LOGGED = "86420.13579"


@pytest.fixture(scope="module")
def streams(platform: Platform, breast_cancer: bytes) -> Streams:
    if platform.registry.route(MODEL) is None:
        platform.train(MODEL, breast_cancer)
    return Streams(platform)


@pytest.fixture(scope="module")
def rows(breast_cancer: bytes) -> list[dict[str, object]]:
    return rows_of(breast_cancer, "diagnosis", 12)


def test_predictions_are_the_endpoints_and_in_order(
    streams: Streams, platform: Platform, rows: list[dict[str, object]]
) -> None:
    run = uuid.uuid4().hex
    sent = {}
    for number, row in enumerate(rows):
        name = f"{run}-{number:02}"
        sent[name] = streams.put(f"key{number % 2}", {"model": MODEL, "id": name, "row": row})
    found = streams.wait_for(run, len(rows))
    answer = platform.predict(MODEL, *rows).body
    wanted = {f"{run}-{n:02}": each for n, each in enumerate(answer["predictions"])}
    for each in found:
        assert each["prediction"] == wanted[each["id"]]["prediction"]
        assert each["probabilities"] == wanted[each["id"]]["probabilities"]
        assert (each["model"], each["version"]) == (MODEL, answer["version"])
        assert each["artifact_digest"] == answer["artifact_digest"]
        assert each["sequence_number"] == sent[each["id"]]
    for parity in (0, 1):
        names = [each["id"] for each in found if int(each["id"][-2:]) % 2 == parity]
        assert names == sorted(names)
        assert len(names) == len(rows) // 2
    said = {each["prediction_id"]: each["prediction"] for each in found}
    kept = captures.wait_for(platform, MODEL, set(said))
    assert {name: each["prediction"] for name, each in kept.items()} == said
    assert {each["protocol"] for each in kept.values()} == {"stream"}


def test_poison_is_set_aside_at_once_and_holds_up_nothing(
    streams: Streams, platform: Platform, rows: list[dict[str, object]]
) -> None:
    run = uuid.uuid4().hex
    good = {"model": MODEL, "row": rows[0]}
    bad = {
        "malformed-body": f"not json {NEVER_LOGGED}".encode(),
        "invalid-request": b"[1]",
        "unknown-model": {"model": "nobody", "row": rows[0]},
        "model-not-trained": {"model": "wine", "row": {}},
        "invalid-rows": {"model": MODEL, "row": rows[0] | {"mean radius": NEVER_LOGGED}},
    }
    if platform.registry.route("wine") is not None:
        del bad["model-not-trained"]
    sent = {}
    for number, (reason, record) in enumerate(bad.items()):
        sent[streams.put("poison", record)] = reason
        streams.put("poison", good | {"id": f"{run}-{number}"})
    assert len(streams.wait_for(run, len(bad))) == len(bad)
    told = streams.set_aside(list(sent))
    assert {number: told[number]["reason"] for number in sent} == sent
    assert NEVER_LOGGED not in json.dumps(told)
    lines = platform.client("logs").filter_log_events(logGroupName=LOG)["events"]
    assert any("record set aside" in line["message"] for line in lines)
    assert not [line for line in lines if NEVER_LOGGED in line["message"]]


def test_what_cannot_be_written_now_is_written_later_and_in_order(
    streams: Streams, platform: Platform, rows: list[dict[str, object]]
) -> None:
    run = uuid.uuid4().hex
    with platform.denied("Streaming-AnswerRole", {"Action": "kinesis:PutRecords", "Resource": "*"}):
        for number in range(6):
            record = {"model": MODEL, "id": f"{run}-{number}", "row": rows[number]}
            streams.put("waits", record)
        until(lambda: _refused(platform), "the function to be refused", 30)
        assert streams.predicted(run) == []
    found = streams.wait_for(run, 6, seconds=60)
    first = list(dict.fromkeys(each["id"] for each in found))
    assert first == [f"{run}-{number}" for number in range(6)]


def test_the_example_of_the_guide_puts_a_record(
    streams: Streams, rows: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "streams.md").read_text("utf-8")
    put, read = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    run = uuid.uuid4().hex
    monkeypatch.setattr(boto3, "client", lambda _: streams.kinesis)
    known = {"MODEL": MODEL, "ROW": rows[0], "CUSTOMER": "customer-7", "ORDER": run}
    exec(put, known)
    assert known["answer"]["SequenceNumber"]  # type: ignore[index]
    streams.wait_for(run, 1)
    seen: list[dict[str, Any]] = []
    exec(read, {**known, "handle": seen.append})
    assert [each["id"] for each in seen if each["id"] == run] == [run]
    assert len({each["sequence_number"] for each in seen}) == len(seen)


def _refused(platform: Platform) -> bool:
    events = platform.client("logs").filter_log_events(logGroupName=LOG)["events"]
    return any("AccessDenied" in each["message"] for each in events)
