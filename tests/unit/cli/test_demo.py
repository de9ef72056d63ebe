"""The demonstration measures its phases, and an unfinished one leaves nothing running."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from perennial.registry.records import RunStatus

from cli import demo, local, run_report, samples, training
from cli.endpoint import Endpoint
from cli.exits import CommandError, Exit
from cli.project import Project
from cli.samples import Sample
from cli.target import Target
from cli.training import Ended, Started
from tests.fakes.records import a_run

EVALUATION = {"primary_metric": "roc_auc", "metrics": {"roc_auc": 0.99}}


@pytest.fixture
def stage(here: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Everything around the demonstration: what happened to it is told in the dictionary."""
    told: dict[str, Any] = {"status": RunStatus.SUCCEEDED, "running": False}

    @contextmanager
    def emulator(*_: object, **__: object) -> Iterator[tuple[object, bool]]:
        told["running"] = True
        try:
            yield object(), True
        finally:
            told["running"] = False

    def write(model: str, folder: Path) -> Sample:
        folder.mkdir(parents=True)
        return Sample(folder / "wine.csv", 3, {"a": 1.0})

    def follow(*_: object) -> Ended:
        run = a_run("a" * 32, model="wine", status=told["status"], version=1, reason="why")
        return Ended(run, {"TrainModel": 1.23456})

    def fetch(*_: object) -> Path:
        (here.root / "evaluation.json").write_text(json.dumps(EVALUATION))
        (here.root / "training.json").write_text('{"seconds": {"fit": 0.5}}')
        return here.root

    monkeypatch.setattr(local, "emulator_of", emulator)
    monkeypatch.setattr(local, "bring_up", lambda *_: local.Seconds(1, 2, 3))
    monkeypatch.setattr(demo, "on_emulator", lambda _: Target("Perennial", "us-east-1"))
    monkeypatch.setattr(demo, "end_abandoned", lambda *_: [])
    monkeypatch.setattr(samples, "write", write)
    monkeypatch.setattr(training, "upload_file", lambda *_: Started("a" * 32, "s3://x", 0.1))
    monkeypatch.setattr(training, "follow", follow)
    monkeypatch.setattr(run_report, "fetch", fetch)
    monkeypatch.setattr(Endpoint, "of", lambda _: Endpoint("http://here/live", "key"))
    answer = {"predictions": [{"prediction": "class_0"}]}
    monkeypatch.setattr(Endpoint, "predict", lambda *_: answer)
    yield told
    assert not told["running"]


def test_what_was_measured_is_written(here: Project, stage: dict[str, Any]) -> None:
    measured = demo.play(here, "wine", keep=False, quiet=True)
    assert measured == json.loads((here.build / "demo.json").read_text())
    assert measured["endpoint"] == "http://here/live/v1/models/wine/predict"
    assert (measured["model"], measured["version"]) == ("wine", 1)
    assert measured["holdout"] == {"metric": "roc_auc", "value": 0.99}
    seconds = measured["seconds"]
    assert set(seconds) >= {"setup", "emulator", "synth", "deploy", "upload", "first_prediction"}
    assert (seconds["pipeline"], seconds["fitting"]) == ({"TrainModel": 1.235}, 0.5)
    request = json.loads((here.build / "samples" / "wine-request.json").read_text())
    assert request == {"rows": [{"a": 1.0}]}


@pytest.mark.parametrize("status", [RunStatus.REJECTED, RunStatus.GATED, RunStatus.FAILED])
def test_a_run_without_a_version_ends_the_demonstration(
    here: Project, stage: dict[str, Any], status: RunStatus
) -> None:
    stage["status"] = status
    with pytest.raises(CommandError, match="why") as caught:
        demo.play(here, "wine", keep=False, quiet=True)
    assert caught.value.code in (Exit.REJECTED, Exit.GATED, Exit.RUN_FAILED)


def test_a_sample_that_cannot_be_written_is_told(
    here: Project, stage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "wine.csv")

    monkeypatch.setattr(samples, "write", full)
    with pytest.raises(OSError, match="No space left"):
        demo.play(here, "wine", keep=False, quiet=True)


def test_setup_is_measured_by_what_it_noted(here: Project) -> None:
    assert demo.seconds_of_setup(here) is None
    mark = here.root / ".venv" / ".perennial-setup"
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    assert demo.seconds_of_setup(here) is None
    mark.write_text("12\n")
    assert demo.seconds_of_setup(here) == 12.0


def test_a_demo_of_nothing_known_is_a_usage_mistake(line: Any) -> None:
    assert line("demo", "titanic").exit_code == Exit.USAGE
