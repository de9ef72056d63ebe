"""A job runs its trials one by one; what becomes of one is no matter to the next."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import TrainingFailed
from perennial.training import trials
from perennial.training.job import Job
from perennial.tuning.files import SearchFiles
from perennial.tuning.records import Round, State, Trial

from functions.train.entrypoint import main
from tests.unit.training.samples import DATASET, RUN, FolderStore, table
from tests.unit.tuning.searching import a_search, begun, finished, run_job, step


@pytest.fixture
def world(tmp_path: Path) -> tuple[FolderStore, Job, SearchFiles]:
    spec = a_search(trials=3, search=[LINES], trial_minutes=0.01)
    store, job = begun(tmp_path, spec, table(80, "binary"))
    step(store, 0)
    return store, job, SearchFiles(RUN, store)


LINES = {"algorithm": "logistic_regression", "parameters": {"C": [0.5, 2.0]}}
World = tuple[FolderStore, Job, SearchFiles]


def trial(files: SearchFiles, number: int) -> Trial:
    found = files.trial(number)
    assert found is not None
    return found


def change(files: SearchFiles, **given: Any) -> None:
    found = files.round(1)
    assert found is not None
    files.write_round(Round.model_validate(found.model_dump() | given))


def instead(monkeypatch: pytest.MonkeyPatch, what: Any) -> None:
    """Do something else in the trials of one algorithm; the default is of another."""
    judge = trials.judge

    def judged(data: Any, *arguments: Any, **given: Any) -> Any:
        if data.dataset.spec.algorithm.parameters.get("C") == 0.5:
            what()
        return judge(data, *arguments, **given)

    monkeypatch.setattr(trials, "judge", judged)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "its process was ended by SIGSEGV"),
        (lambda: time.sleep(60), "it took longer than 1 seconds"),
        (lambda: bytearray(1 << 30), "it needs more than 300 MiB of memory"),
        (lambda: 1 // 0, "ZeroDivisionError at "),
    ],
    ids=["crashes", "hangs", "out of memory", "breaks"],
)
def test_a_trial_that_goes_wrong_is_recorded_with_its_reason_and_the_rest_goes_on(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch, what: Any, reason: str
) -> None:
    store, job, files = world
    change(files, memory_mib=300, trial_seconds=1.0 if "longer" in reason else 60.0)
    instead(monkeypatch, what)
    run_job(store, job, tmp_path, 1, (0, 1, 2))
    states = {one.number: one.state for one in (trial(files, n) for n in (0, 1, 2))}
    (bad,) = [number for number, state in states.items() if state is State.FAILED]
    assert trial(files, bad).reason.startswith(reason)
    assert trial(files, bad).parameters["C"] == 0.5
    assert sorted(states.values()) == ["COMPLETE", "COMPLETE", "FAILED"]


def test_a_parameter_the_library_refuses_fails_its_trial_in_the_librarys_words(
    tmp_path: Path,
) -> None:
    bad = {"algorithm": "xgboost", "parameters": {"max_depth": [-5, 2]}}
    store, job = begun(tmp_path, a_search(trials=3, search=[bad]), table(80, "binary"))
    found = finished(store, job, tmp_path)
    (failed,) = [one for one in found.trials if one.state is State.FAILED]
    assert "max_depth" in failed.reason
    assert found.winner.state is State.COMPLETE


def test_a_trial_that_has_ended_is_not_run_again(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, job, files = world
    run_job(store, job, tmp_path, 1, (0, 1))
    before = trial(files, 0)
    instead(monkeypatch, lambda: time.sleep(60))
    run_job(store, job, tmp_path, 1, (0, 1))
    assert trial(files, 0) == before
    assert files.begun(0) == 1


def test_a_trial_that_took_its_job_with_it_twice_is_lost(tmp_path: Path, world: World) -> None:
    store, job, files = world
    files.begin(0, 2)
    files.begin(1, 1)
    run_job(store, job, tmp_path, 1, (0, 1))
    assert trial(files, 0).state is State.LOST
    assert "begun twice" in trial(files, 0).reason
    assert trial(files, 1).state is State.COMPLETE


def test_a_job_whose_money_is_used_up_begins_no_further_trial(tmp_path: Path, world: World) -> None:
    store, job, files = world
    change(files, job_seconds=0.0)
    run_job(store, job, tmp_path, 1, (0, 1))
    assert files.trial(0) is None
    assert files.begun(0) == 0


def test_a_trial_that_runs_when_time_is_over_is_lost_and_not_to_blame(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, job, files = world
    monkeypatch.setattr(trials, "judge", lambda *_, **__: time.sleep(60))
    change(files, deadline=time.time() + 1.5, trial_seconds=60.0)
    run_job(store, job, tmp_path, 1, (0, 1))
    assert trial(files, 0).state is State.LOST
    assert trial(files, 0).reason == "the budget was used up while it ran"
    assert files.trial(1) is None


def test_data_that_is_gone_fails_the_trials_and_says_so(tmp_path: Path, world: World) -> None:
    store, job, files = world
    store.path(DATASET).unlink()
    run_job(store, job, tmp_path, 1, (0, 1, 2))
    assert trial(files, 2).reason == "the dataset of the run is gone"
    with pytest.raises(TrainingFailed, match="the dataset of the run is gone"):
        step(store, 1)


def test_the_container_runs_trials_by_their_numbers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_THREADS", "1")
    store, _, files = world
    assert main(["--run-uri", RUN, "--round", "1", "--trials", "0,2"], store) == 0
    assert [files.trial(number) is not None for number in (0, 1, 2)] == [True, False, True]


def test_a_round_nobody_proposed_ends_its_job_and_not_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PERENNIAL_THREADS", "1")
    store, _, _ = world
    assert main(["--run-uri", RUN, "--round", "7", "--trials", "0"], store) == 2
    assert "round 7" in capsys.readouterr().err
    assert not store.exists(RUN + "failure.json")
