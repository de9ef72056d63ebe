"""The container tells by exit code and last line how a training ended, and logs no value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import MissingSetting, Unavailable
from perennial.training.progress import threads_here

from functions.train.entrypoint import main
from tests.unit.training.samples import RUN, FolderStore, a_spec, put_job, table

SMALL = {"num_boost_round": 3}


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_THREADS", "1")


def test_a_trained_candidate_exits_with_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = FolderStore(tmp_path)
    put_job(store, a_spec("binary", parameters=SMALL), table(200, "binary"))
    assert main(["--run-uri", RUN], store) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["run"] for line in lines} == {RUN}
    assert [line["message"] for line in lines][-1] == "training finished"
    assert json.loads(store.read(RUN + "receipt.json"))["lock_digest"]


def test_a_training_that_cannot_go_on_exits_with_two_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = FolderStore(tmp_path)
    put_job(store, a_spec("binary", parameters={"eta_": 1}), table(200, "binary"))
    assert main(["--run-uri", RUN], store) == 2
    last = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert last["error"] == "TrainingFailed"
    assert "did you mean 'eta'" in last["message"]
    assert json.loads(store.read(RUN + "failure.json")) == last


def test_a_run_without_a_job_exits_with_two(tmp_path: Path) -> None:
    assert main(["--run-uri", RUN], FolderStore(tmp_path)) == 2


@pytest.mark.parametrize("body", [b"", b"{}", b'{"model": 1}', b"\xff"])
def test_a_damaged_job_exits_with_two(tmp_path: Path, body: bytes) -> None:
    store = FolderStore(tmp_path)
    store.write(RUN + "job.json", body, "application/json")
    assert main(["--run-uri", RUN], store) == 2


class Failing(FolderStore):
    """A store that breaks at one write."""

    def __init__(self, root: Path, at: str) -> None:
        super().__init__(root)
        self.at = at

    def write(self, uri: str, body: bytes, content_type: str, **given: Any) -> None:
        if uri.endswith(self.at):
            raise Unavailable("the store does not answer")
        super().write(uri, body, content_type, **given)


@pytest.mark.parametrize(
    "at", ["receipt.json", "holdout.parquet", "candidate.zip", "training.json"]
)
def test_a_store_that_fails_leaves_nothing_that_looks_finished(tmp_path: Path, at: str) -> None:
    put_job(FolderStore(tmp_path), a_spec("binary", parameters=SMALL), table(200, "binary"))
    store = Failing(tmp_path, at)
    assert main(["--run-uri", RUN], store) == 2
    assert not store.exists(RUN + "training.json")
    assert main(["--run-uri", RUN], FolderStore(tmp_path)) == 0
    assert store.exists(RUN + "training.json")


def test_a_store_that_cannot_even_take_the_failure_is_told_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--run-uri", RUN], Failing(tmp_path, "failure.json")) == 2
    assert json.loads(capsys.readouterr().err)["error"] == "TrainingFailed"


def test_the_number_of_threads_can_be_said() -> None:
    assert threads_here({"PERENNIAL_THREADS": "3"}) == 3
    assert threads_here({}) >= 1
    for wrong in ("0", "many", "-1"):
        with pytest.raises(MissingSetting):
            threads_here({"PERENNIAL_THREADS": wrong})
