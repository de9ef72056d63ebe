"""The function that tells MLflow of runs: whatever is wrong with a server, no run is touched."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from perennial.errors import RequestError, Unavailable
from perennial.registry.records import RunStatus

from functions.track import handler as track
from tests.fakes.objects import InMemoryObjects
from tests.fakes.registry import InMemoryRegistry
from tests.unit.portable.runs import RUN_ID, world

EVENT = {
    "detail": {"status": "SUCCEEDED", "input": json.dumps({"model": "bank", "run_id": RUN_ID})}
}
NOBODY = "http://127.0.0.1:9"

World = tuple[InMemoryObjects, InMemoryRegistry]


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> World:
    made = world()
    monkeypatch.setattr(track, "ports", lambda: made)
    monkeypatch.setenv("PERENNIAL_DATA_BUCKET", "data")
    return made


def test_without_a_server_the_files_are_all(ended: World) -> None:
    assert track.handler(EVENT, None) == {"run_id": RUN_ID, "server_run_id": None}
    store, _ = ended
    assert [uri for uri in store.content_types if uri.endswith(f"{RUN_ID}/meta.yaml")]


def test_a_server_that_is_gone_is_logged_and_counted_and_nothing_else(
    ended: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("PERENNIAL_MLFLOW_TRACKING_URI", NOBODY)
    before = ended[1].run("bank", RUN_ID)
    assert track.handler(EVENT, None)["server_run_id"] is None
    assert ended[1].run("bank", RUN_ID) == before
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["TrackingFailed"] for one in lines if "TrackingFailed" in one] == [[1.0]]
    (told,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert told.message == "run not told to the MLflow tracking server"


def test_the_token_is_read_from_the_secret_and_written_nowhere(
    ended: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent: list[str] = []

    def server(url: str, authorization: str) -> Any:
        sent.append(authorization)
        raise Unavailable("gone")

    monkeypatch.setenv("PERENNIAL_MLFLOW_TRACKING_URI", "https://mlflow.example")
    monkeypatch.setenv("PERENNIAL_MLFLOW_TRACKING_SECRET", "arn:secret")
    monkeypatch.setattr(track, "authorization_of", lambda name: f"Bearer {name}-s3cret")
    monkeypatch.setattr(track, "MlflowServer", server)
    track.handler(EVENT, None)
    assert sent == ["Bearer arn:secret-s3cret"]
    assert "s3cret" not in capsys.readouterr().out + caplog.text


def test_a_run_that_is_still_running_is_told_at_the_next_attempt(
    ended: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = world(status=RunStatus.RUNNING)
    monkeypatch.setattr(track, "ports", lambda: running)
    with pytest.raises(Unavailable):
        track.handler(EVENT, None)


def test_an_event_without_its_input_is_refused(ended: World) -> None:
    with pytest.raises(RequestError):
        track.handler({"detail": {"status": "SUCCEEDED"}}, SimpleNamespace(aws_request_id="r"))
