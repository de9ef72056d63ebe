"""A job runs its trials one by one; what becomes of one is no matter to the next."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import TrainingFailed
from perennial.spec import ModelSpec
from perennial.training.job import Job
from perennial.tuning.files import SearchFiles
from perennial.tuning.records import Round, State, Trial

from functions.train.entrypoint import main
from tests.unit.training.samples import DATASET, RUN, FolderStore, table
from tests.unit.tuning.searching import a_search, begun, finished, inside, run_job, step

World = tuple[FolderStore, Job, SearchFiles]
LINES = {"algorithm": "logistic_regression", "parameters": {"C": [0.5, 2.0]}}
# A user's own file, which does as its parameter says: it is searched like any other.
FILE = """
import os, signal, time
from sklearn.dummy import DummyClassifier

def pipeline(mood="good"):
    if mood == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if mood == "hang":
        time.sleep(60)
    if mood == "grow":
        bytearray(1 << 30)
    if mood == "break":
        1 // 0
    return DummyClassifier()
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return a_world(tmp_path)


def a_world(folder: Path, **given: Any) -> World:
    """A search whose first round is proposed; `given` is for the spec."""
    plain = a_search(trials=3, search=[LINES]).model_dump(mode="json")
    tuning = plain["tuning"] | given.pop("tuning", {})
    spec = ModelSpec.model_validate(plain | given | {"tuning": tuning})
    store, job = begun(folder, spec, table(80, "binary"))
    step(store, 0)
    return store, job, SearchFiles(RUN, store)


def moody(folder: Path, mood: str) -> World:
    """A search over a pipeline that does something bad in one of its trials."""
    own = {"name": "pipeline", "file": "own.py", "source": FILE, "parameters": {}}
    moods = {"algorithm": "pipeline", "parameters": {"mood": [mood, "good"]}}
    return a_world(folder, algorithm=own, tuning={"search": [moods]})


def trial(files: SearchFiles, number: int) -> Trial:
    found = files.trial(number)
    assert found is not None
    return found


def change(files: SearchFiles, **given: Any) -> None:
    found = files.round(1)
    assert found is not None
    files.write_round(Round.model_validate(found.model_dump() | given))


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("crash", "its process was ended by SIGSEGV"),
        ("hang", "it took longer than 2 seconds"),
        ("grow", "pipeline: own.py, line 11, in pipeline(): MemoryError"),
        ("break", "pipeline: own.py, line 13, in pipeline(): ZeroDivisionError"),
    ],
)
def test_a_trial_that_goes_wrong_is_recorded_with_its_reason_and_the_rest_goes_on(
    tmp_path: Path, mood: str, reason: str
) -> None:
    store, job, files = moody(tmp_path, mood)
    change(files, memory_mib=300, trial_seconds=2.0 if mood == "hang" else 60.0)
    run_job(store, job, tmp_path, 1, (0, 1, 2))
    found = [trial(files, number) for number in (0, 1, 2)]
    (bad,) = [one for one in found if one.state is State.FAILED]
    assert (bad.parameters["mood"], bad.reason[: len(reason)]) == (mood, reason)
    assert sorted(one.state for one in found) == ["COMPLETE", "COMPLETE", "FAILED"]


def test_a_parameter_the_library_refuses_fails_its_trial_in_the_librarys_words(
    tmp_path: Path,
) -> None:
    bad = {"algorithm": "xgboost", "parameters": {"max_depth": [-5, 2]}}
    store, job = begun(tmp_path, a_search(trials=3, search=[bad]), table(80, "binary"))
    found = finished(store, job, tmp_path)
    (failed,) = [one for one in found.trials if one.state is State.FAILED]
    assert "max_depth" in failed.reason
    assert found.winner.state is State.COMPLETE


def test_a_trial_that_has_ended_is_not_run_again(tmp_path: Path, world: World) -> None:
    store, job, files = world
    run_job(store, job, tmp_path, 1, (0, 1))
    before = trial(files, 0)
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


def test_a_trial_that_runs_when_time_is_over_is_lost_and_not_to_blame(tmp_path: Path) -> None:
    store, job, files = moody(tmp_path, "hang")
    proposed = files.round(1)
    assert proposed is not None
    (bad,) = [one.number for one in proposed.proposals if one.parameters.get("mood") == "hang"]
    change(files, job_seconds=4.0, trial_seconds=60.0)
    run_job(store, job, tmp_path, 1, (bad,))
    assert trial(files, bad).state is State.LOST
    assert trial(files, bad).reason == "the budget was used up while it ran"


def test_data_that_is_gone_fails_the_trials_and_says_so(tmp_path: Path, world: World) -> None:
    store, job, files = world
    store.path(DATASET).unlink()
    run_job(store, job, tmp_path, 1, (0, 1, 2))
    assert trial(files, 2).reason == "the dataset of the run is gone"
    with pytest.raises(TrainingFailed, match="the dataset of the run is gone"):
        step(store, 1)


def container(store: FolderStore) -> None:
    os.environ["PERENNIAL_THREADS"] = "1"
    assert main(["--run-uri", RUN, "--round", "1", "--trials", "0,2"], store) == 0


def test_the_container_runs_trials_by_their_numbers(world: World) -> None:
    store, _, files = world
    inside(container, store)
    assert [files.trial(number) is not None for number in (0, 1, 2)] == [True, False, True]


def test_a_round_nobody_proposed_ends_its_job_and_not_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PERENNIAL_THREADS", "1")
    store, _, _ = world
    assert main(["--run-uri", RUN, "--round", "7", "--trials", "0"], store) == 2
    assert "round 7" in capsys.readouterr().err
    assert not store.exists(RUN + "failure.json")
