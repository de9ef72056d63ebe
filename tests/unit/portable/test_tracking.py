"""Runs are told to MLflow in its own terms, and MLflow's own code reads them back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from perennial.adapters.mlflow_server import MlflowServer, authorization_of
from perennial.errors import ArtifactError, Unavailable
from perennial.portable.file_store import experiment_id
from perennial.portable.tracking import gather, keep, tell
from perennial.registry.records import RunStatus
from perennial.registry.tracked import Point, TrackedRun

from tests.unit.portable.runs import RUN_ID, RUN_URI, world
from tests.unit.portable.tracking_server import tracking_server

METRICS = {"roc_auc": 0.9, "log_loss": 1.0, "baseline.roc_auc": 0.5, "seconds.TrainModel": 12.5}


def the_run(**given: object) -> TrackedRun:
    store, registry = world(**given)
    return gather("bank", RUN_ID, "data", store, registry)


def client_of(uri: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """MLflow's client; its imports warn of things that are not ours."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow.tracking import MlflowClient

        return MlflowClient(tracking_uri=uri)


def check(client: Any, experiment: str) -> None:
    """What MLflow's own client finds, whatever the run was written to."""
    runs = {run.info.run_name: run for run in client.search_runs([experiment])}
    assert set(runs) == {"bank-1", "trial-0", "trial-1", "trial-2"}
    run = runs["bank-1"]
    assert (run.info.status, run.data.tags["mlflow.user"]) == ("FINISHED", "alice")
    assert run.data.params == {
        "model": "bank",
        "algorithm": "xgboost",
        "eta": "0.1",
        "objective": "binary:logistic",
        "rows.train": "70",
        "rows.holdout": "30",
    }
    assert METRICS.items() <= run.data.metrics.items()
    curve = client.get_metric_history(run.info.run_id, "loss.train")
    assert [(one.step, one.value) for one in curve] == [(1, 0.6), (2, 0.5)]
    assert len(client.get_metric_history(run.info.run_id, "loss.validation")) == 1
    tags = run.data.tags
    assert (tags["perennial.version"], tags["perennial.status"]) == ("1", "SUCCEEDED")
    assert (tags["perennial.dataset_digest"], tags["perennial.receipt_digest"]) == (
        "e" * 64,
        "a" * 64,
    )
    assert tags["perennial.model_uri"] == "s3://artifacts/mlflow/bank/00000001"
    assert tags["perennial.source"] == "s3://data/incoming/bank/jan.csv"
    trial = runs["trial-1"]
    assert trial.data.tags["mlflow.parentRunId"] == run.info.run_id
    assert trial.data.tags["perennial.best"] == "true"
    assert trial.data.metrics == {"roc_auc": 0.81, "roc_auc.fold": 0.9, "seconds": 1.5}
    failed = runs["trial-2"]
    assert (failed.info.status, failed.data.tags["mlflow.note.content"]) == (
        "FAILED",
        "out of memory",
    )


def test_mlflow_reads_the_file_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, registry = world()
    run = gather("bank", RUN_ID, "data", store, registry)
    for _ in range(2):  # repeating it changes nothing
        keep(run, "data", store)
    for uri in [uri for uri in store.content_types if uri.startswith("s3://data/mlruns/")]:
        path = tmp_path / uri.removeprefix("s3://data/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(store.read(uri))
    client = client_of((tmp_path / "mlruns").as_uri(), monkeypatch)
    check(client, experiment_id("bank"))
    found = client.get_run(RUN_ID)
    assert found.info.artifact_uri == RUN_URI.rstrip("/")
    assert client.get_experiment_by_name("bank").experiment_id == experiment_id("bank")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with tracking_server(tmp_path_factory.mktemp("mlflow")) as uri:
        yield uri


def test_a_real_tracking_server_gets_every_run_once(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(server, monkeypatch)
    remote, run = MlflowServer(server), the_run()
    assert tell(run, remote) == tell(run, remote)
    check(client, client.get_experiment_by_name("bank").experiment_id)


def test_a_run_that_broke_off_on_its_way_is_told_again(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = TrackedRun("f" * 32, "broken", "b", "u", True, 1, 2, "", {}, (Point("m", 1.0),), {})
    remote = MlflowServer(server)
    call = MlflowServer._call

    def breaks(self: MlflowServer, method: str, path: str, body: object = None) -> dict[str, Any]:
        if path == "runs/update":
            raise Unavailable("gone")
        return call(self, method, path, body)

    with monkeypatch.context() as patched:
        patched.setattr(MlflowServer, "_call", breaks)
        with pytest.raises(Unavailable):
            tell(run, remote)
    told = tell(run, remote)
    client = client_of(server, monkeypatch)
    assert client.get_run(told).info.status == "FINISHED"
    assert client.get_run(told).data.metrics == {"m": 1.0}


def test_more_than_one_call_takes_is_told_in_several(server: str) -> None:
    points = tuple(Point("m", float(step), step) for step in range(2_001))
    parameters = {f"p{place}": "1" for place in range(205)}
    run = TrackedRun("d" * 32, "long", "l", "u", True, 1, 2, "", parameters, points, {})
    remote = MlflowServer(server)
    assert tell(run, remote) == remote.known(remote.experiment("long"), "d" * 32)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="did not answer"):
        tell(the_run(), MlflowServer("http://127.0.0.1:9"))


def test_a_token_is_not_sent_where_a_redirect_leads() -> None:
    asked: list[tuple[str, str | None]] = []

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(302)
            self.send_header("Location", "/else")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(Unavailable, match="302"):
            MlflowServer(url, "Bearer t0ken").experiment("churn")
        server.shutdown()
        thread.join()
    assert [token for _, token in asked] == ["Bearer t0ken"]


def test_a_run_that_is_not_concluded_is_told_later() -> None:
    with pytest.raises(Unavailable, match="not concluded"):
        the_run(status=RunStatus.RUNNING)


def test_a_run_that_ended_early_is_told_with_what_there_is() -> None:
    store, registry = world(status=RunStatus.FAILED, reason="out of memory")
    for name in ("training.json", "evaluation.json", "receipt.json", "search.json"):
        store._versions.pop(RUN_URI + name)
    run = gather("bank", RUN_ID, "data", store, registry)
    assert not run.finished
    assert (run.parameters, run.children) == ({"model": "bank"}, ())
    assert run.tags["mlflow.note.content"] == "out of memory"


def test_a_damaged_document_is_told_by_name() -> None:
    store, registry = world()
    store.write(RUN_URI + "training.json", b"{", "application/json")
    with pytest.raises(ArtifactError, match=r"training\.json"):
        gather("bank", RUN_ID, "data", store, registry)


def test_what_is_not_finite_is_left_out() -> None:
    run = the_run(metrics={"rmse": float("inf"), "mae": 1.0})
    assert "rmse" not in {point.name for point in run.metrics}
    assert "mae" in {point.name for point in run.metrics}


class Secrets:
    def __init__(self, text: str) -> None:
        self.text = text

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        return {"SecretString": self.text}


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a-token\n", "Bearer a-token"),
        ('{"username": "u", "password": "p"}', "Basic dTpw"),
        ("12345", "Bearer 12345"),
    ],
)
def test_a_secret_is_a_token_or_a_name_and_a_password(text: str, sent: str) -> None:
    assert authorization_of("arn", Secrets(text)) == sent
