"""The doors of scoring: what starts it, and what is said when it was cut off."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from perennial.errors import RequestError
from perennial.registry.intake import run_id_of
from perennial.registry.layout import scored_model
from perennial.registry.records import SourceObject

from tests.fakes.files import InMemoryFiles

FUNCTIONS = Path(__file__).parents[3] / "functions"
SOURCE: dict[str, Any] = {
    "bucket": "data",
    "key": "score/bank/a.csv",
    "version_id": "1",
    "etag": "e",
    "size": 4,
}
INPUT = {"model": "bank", "run_id": "r1", "source": SOURCE}


def load(name: str) -> ModuleType:
    path = FUNCTIONS / name / "handler.py"
    spec = importlib.util.spec_from_file_location(f"{name}_handler", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Started:
    """Remembers what was started."""

    def __init__(self) -> None:
        self.executions: dict[str, Mapping[str, object]] = {}

    def start(self, name: str, execution_input: Mapping[str, object]) -> str:
        self.executions.setdefault(name, execution_input)
        return f"arn:{name}"


def uploaded(key: str) -> dict[str, Any]:
    stored = {"key": key, "version-id": "1", "etag": "e", "size": 4}
    return {"detail": {"bucket": {"name": "data"}, "object": stored}}


def test_an_upload_starts_one_execution_however_often_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submit, started = load("submit"), Started()
    monkeypatch.setattr(submit, "workflow", lambda: started)
    for _ in range(3):
        answer = submit.handler(uploaded("score/bank/a.csv"), None)
    run_id = run_id_of(SourceObject(**SOURCE))
    assert answer["run_id"] == run_id
    assert started.executions == {run_id: INPUT | {"run_id": run_id}}


@pytest.mark.parametrize(
    "key",
    [
        "score/bank/a.csv.scores/predictions.csv",
        "score/bank/a.csv.scores/manifest.json",
        "score/bank/folder/",
        "score/a.csv",
        "scoring/bank/0/parts/00000.json",
        "incoming/bank/a.csv",
    ],
)
def test_nothing_else_starts_anything(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    submit, started = load("submit"), Started()
    monkeypatch.setattr(submit, "workflow", lambda: started)
    assert submit.handler(uploaded(key), None) == {"outcome": "IGNORED"}
    assert started.executions == {}


def test_a_file_in_a_folder_belongs_to_the_model_above_it() -> None:
    assert scored_model("score/bank/2026/11/a.csv") == "bank"


@pytest.fixture
def collect(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, InMemoryFiles]:
    module, files = load("collect"), InMemoryFiles()
    monkeypatch.setattr(module, "files", lambda: files)
    monkeypatch.setattr(module, "failure_of", lambda _: None)
    return module, files


def manifest(files: InMemoryFiles) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        files.read("s3://data/score/bank/a.csv.scores/manifest.json")
    )
    return found


def cut_off(**detail: object) -> dict[str, Any]:
    told = {"status": "FAILED", "executionArn": "arn:x", "input": json.dumps(INPUT)}
    return {"detail": told | detail}


def test_a_file_that_was_refused_says_why_beside_itself(
    collect: tuple[ModuleType, InMemoryFiles],
) -> None:
    module, files = collect
    planned = {"outcome": "REFUSED", "reason": "the file is empty"}
    event = {"request": INPUT, "planned": planned, "started_at": "2026-01-01T00:00:00.000Z"}
    assert module.handler(event, None)["status"] == "FAILED"
    assert manifest(files)["reason"] == "the file is empty"
    assert manifest(files)["seconds"] > 0


def test_a_workflow_that_was_cut_off_is_told_in_the_words_of_its_function(
    collect: tuple[ModuleType, InMemoryFiles],
) -> None:
    module, files = collect
    cause = json.dumps({"errorMessage": "no way", "stackTrace": ["secret.py"]})
    module.handler(cut_off(error="Unavailable", cause=cause), None)
    assert manifest(files)["reason"] == "the workflow ended FAILED: Unavailable: no way"


def test_a_late_event_does_not_undo_a_scoring_that_was_resumed(
    collect: tuple[ModuleType, InMemoryFiles],
) -> None:
    module, files = collect
    done = {"run_id": "r1", "status": "SUCCEEDED"}
    place = "s3://data/score/bank/a.csv.scores/manifest.json"
    files.write(place, json.dumps(done).encode(), "application/json")
    assert module.handler(cut_off(), None) == {"status": "SUCCEEDED"}
    assert manifest(files) == done


def test_an_event_without_its_input_is_an_error(collect: tuple[ModuleType, InMemoryFiles]) -> None:
    with pytest.raises(RequestError):
        collect[0].handler(cut_off(input=None), None)
