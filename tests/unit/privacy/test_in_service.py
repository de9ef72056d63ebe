"""Requests about persons: what the model is asked, what is kept, and what it costs the others."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from array import array
from pathlib import Path
from typing import Any

import pytest
from perennial.adapters.lean import Client
from perennial.adapters.lean_http import Origin
from perennial.adapters.lean_kms import PURPOSE, LeanSecret
from perennial.adapters.lean_reply import Reply
from perennial.errors import MissingSetting, Unavailable
from perennial.features.columns import Columns
from perennial.outcomes.concealment import concealed as concealed_outcomes
from perennial.outcomes.message import read_message
from perennial.privacy import deployed
from perennial.privacy.pseudonyms import Pseudonyms
from perennial.serving.answered import Answered
from perennial.serving.capture import FAILURES, Capture
from perennial.serving.concealment import Concealing
from perennial.serving.journal import Journal
from perennial.serving.predictions import Predictions
from perennial.serving.router import Served
from perennial.spec.privacy import Privacy

from tests.unit.predict.fakes import FakeEngine

PSEUDONYMS = Pseudonyms(lambda: b"k" * 32)
SPEC: dict[str, Any] = {
    "features": {"age": {}, "town": {}},
    "target": "paid",
    "privacy": {
        "pii": {"town": "pseudonymise", "customer": "pseudonymise"},
        "person": "customer",
        "learned": ["town"],
    },
}


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment with a key."""
    monkeypatch.setenv(deployed.KEY, "arn:key")
    monkeypatch.setitem(deployed._made, "arn:key", PSEUDONYMS)


class Queue:
    """Remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, text: str, model: str) -> None:
        assert model == "bank"
        self.sent.append(json.loads(text))


def captured(folder: Path, spec: dict[str, Any], table: Any, entities: Any) -> list[dict[str, Any]]:
    """What is sent of a request."""
    (folder / "bank.json").write_text(json.dumps(spec))
    queue = Queue()
    capture = Capture(lambda _: queue, str(folder), Journal("INFO"))
    said = Predictions(array("d", [0.5, 0.5] * len(table)), ("no", "yes"), [0] * len(table))
    served = Served(1, "d" * 64, FakeEngine())
    capture(Answered("bank", served, "r1", table, said, None, entities=entities), 1.0)
    return queue.sent


ROWS = [{"age": 41, "town": "Yasnaya"}, {"age": 42, "town": None}]


@pytest.mark.parametrize(
    "table", [ROWS, Columns({"age": [41, 42], "town": ["Yasnaya", None]}, 2)], ids=["rows", "cols"]
)
def test_what_is_kept_bears_pseudonyms(key: None, tmp_path: Path, table: Any) -> None:
    (message,) = captured(tmp_path, SPEC, table, ["anna", "bert"])
    town = PSEUDONYMS.of("Yasnaya", "town")
    assert message["features"] == {"age": [41, 42], "town": [town, None]}
    assert message["entities"] == [PSEUDONYMS.of(one, "customer") for one in ("anna", "bert")]


def test_one_entity_of_all_rows_is_replaced_too(key: None, tmp_path: Path) -> None:
    (message,) = captured(tmp_path, SPEC, ROWS, "anna")
    assert message["entities"] == PSEUDONYMS.of("anna", "customer")


def test_entities_may_be_dropped(key: None, tmp_path: Path) -> None:
    spec = {**SPEC, "privacy": {"pii": {"entity_id": "drop"}}}
    (message,) = captured(tmp_path, spec, ROWS, "anna")
    assert "entities" not in message


def test_without_the_key_nothing_is_kept_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(deployed.KEY, raising=False)
    assert captured(tmp_path, SPEC, ROWS, "anna") == []
    told = capsys.readouterr().out
    assert FAILURES in told
    assert "anna" not in told


def test_a_model_is_asked_in_the_words_it_learned(key: None) -> None:
    asked: list[Any] = []

    class Engine(FakeEngine):
        def predict(self, table: Any) -> Predictions:
            asked.append(table)
            return Predictions(array("d", [1.0]), None, None)

        def explain(self, table: Any) -> Any:
            asked.append(table)
            return []

    engine = Concealing(Engine(), ["town"])
    row = {"age": 41, "town": "Yasnaya"}
    town = PSEUDONYMS.of("Yasnaya", "town")
    engine.predict([row])
    engine.explain(Columns({"age": [41], "town": ["Yasnaya"]}, 1))
    engine.predict([{"age": 41, "town": town}, {"age": 1}, {"town": [7]}, "no row"])  # type: ignore[list-item]
    assert asked[0] == [{"age": 41, "town": town}]
    assert asked[1].values == {"age": [41], "town": [town]}
    assert asked[2] == [{"age": 41, "town": town}, {"age": 1}, {"town": [7]}, "no row"]
    assert row["town"] == "Yasnaya"  # the caller's row is the caller's


@pytest.mark.parametrize(("value", "label"), [(4711, "4711"), (True, "true")])
def test_a_label_that_json_carries_as_another_type_is_the_same_person(
    key: None, tmp_path: Path, value: object, label: str
) -> None:
    asked: list[Any] = []

    class Engine(FakeEngine):
        def predict(self, table: Any) -> Predictions:
            asked.extend(table)
            return Predictions(array("d", [1.0]), None, None)

    row = {"age": 41, "town": value}
    Concealing(Engine(), ["town"]).predict([row])
    (message,) = captured(tmp_path, SPEC, [row], None)
    town = PSEUDONYMS.of(label, "town")  # as a training file has it
    assert asked == [{"age": 41, "town": town}]
    assert message["features"] == {"age": [41], "town": [town]}


def test_what_has_no_pseudonym_is_not_kept(key: None, tmp_path: Path) -> None:
    (message,) = captured(tmp_path, SPEC, [{"age": 41, "town": 47.5}], None)
    assert message["features"] == {"age": [41], "town": [None]}


def test_outcomes_are_about_the_same_pseudonyms(key: None) -> None:
    section = Privacy.model_validate(SPEC["privacy"])
    text = json.dumps(
        {
            "format": 1,
            "model": "bank",
            "request_id": "r",
            "part": 0,
            "received_at": 1,
            "outcomes": [[None, "anna", 1, "yes", 1], ["p-0", None, None, "no", 1]],
        }
    )
    found = concealed_outcomes(section, read_message(text).outcomes)
    assert [one.entity_id for one in found] == [PSEUDONYMS.of("anna", "customer"), None]
    assert found[1].prediction_id == "p-0"


def test_a_function_that_was_given_no_key_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(deployed.KEY, raising=False)
    with pytest.raises(MissingSetting, match=deployed.KEY):
        deployed.pseudonyms()


class Kms(Client):
    """Answers as it is told."""

    def __init__(self, status: int, body: bytes) -> None:
        self.service, self.endpoint, self.region = "kms", None, "eu-central-1"
        self._status, self._body, self.asked = status, body, list[Any]()

    def call(
        self, origin: Origin, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> Reply:
        self.asked.append((origin.authority, headers["x-amz-target"], json.loads(body)))
        return Reply(self._status, {}, self._body)


def test_the_secret_is_what_kms_makes_of_a_fixed_text() -> None:
    kms = Kms(200, json.dumps({"Mac": base64.b64encode(b"m" * 32).decode()}).encode())
    assert LeanSecret("arn:key", kms)() == b"m" * 32
    ((authority, target, asked),) = kms.asked
    assert authority.startswith("kms.eu-central-1.amazonaws.com")
    assert target == "TrentService.GenerateMac"
    assert base64.b64decode(asked["Message"]) == PURPOSE
    assert asked["KeyId"] == "arn:key"


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, b'{"__type":"AccessDeniedException"}'), (200, b"{}"), (200, b"no JSON")],
)
def test_a_kms_that_gives_no_secret_is_unavailable(status: int, body: bytes) -> None:
    with pytest.raises(Unavailable):
        LeanSecret("arn:key", Kms(status, body))()


def test_a_model_without_persons_imports_nothing_for_them(tmp_path: Path) -> None:
    plain = {**SPEC, "privacy": {"pii": {}, "person": None, "learned": []}}
    (tmp_path / "bank.json").write_text(json.dumps(plain))
    told = (
        "import sys; from perennial.serving.capture import Capture, Policy; "
        "import json, perennial.serving.predict, perennial.serving.engines; "
        f"Policy(json.load(open({str(tmp_path / 'bank.json')!r}))); "
        "print([m for m in sys.modules if 'privacy' in m or 'conceal' in m or m == 'hmac'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
