"""The function that proposes trials: what the workflow hands it, and what it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import MissingSetting, TrainingFailed
from perennial.tuning.files import SearchFiles
from perennial.tuning.records import State, Trial

from functions.tune import handler as tune
from tests.unit.training.samples import RUN, FolderStore, table
from tests.unit.tuning.searching import a_search, begun

HOUR = {"jobs": 1, "job_seconds": 3600, "vcpu_seconds": 3600, "gib_seconds": 7200}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SearchFiles:
    """A run whose data has been accepted, and the function that searches for it."""
    store, _ = begun(tmp_path, a_search(trials=5, dollars=0.1), table(60, "binary"))
    monkeypatch.setattr(tune, "store", lambda: store)
    monkeypatch.setenv("PERENNIAL_TRAIN_VCPUS", "2")
    monkeypatch.setenv("PERENNIAL_TRAIN_GIB", "4")
    return SearchFiles(RUN, store)


def proposed(ran: int, **given: Any) -> dict[str, Any]:
    answer: dict[str, Any] = tune.handler({"run_uri": RUN, "round": ran} | given, None)
    return json.loads(json.dumps(answer))  # type: ignore[no-any-return]


def end(files: SearchFiles, number: int) -> None:
    found = files.round(number)
    assert found is not None
    for one in found.proposals:
        told = one.model_dump(include={"number", "algorithm", "parameters"})
        ended = {"round": number, "state": State.COMPLETE, "value": 0.5}
        files.write_trial(Trial.model_validate(told | ended))


def test_the_first_round_is_divided_into_jobs_of_the_deployments_size(files: SearchFiles) -> None:
    needs = {"round": "1", "vcpus": "2.0", "memory": "4096"}
    answer = proposed(0)
    assert answer["jobs"] == [needs | {"trials": "0,1"}, needs | {"trials": "2"}]
    assert (answer["outcome"], answer["round"], answer["concurrency"]) == ("TRIALS", 1, 4)
    assert files.search() is None


def test_a_workflow_goes_round_by_round_to_the_end_of_the_search(files: SearchFiles) -> None:
    end(files, proposed(0)["round"])
    end(files, proposed(1, usage=None)["round"])
    answer = proposed(2, usage={})
    assert (answer["outcome"], answer["jobs"]) == ("ENDED", [])
    search = files.search()
    assert search is not None
    assert (search.ended_by, len(search.trials)) == ("trials", 5)


def test_what_the_jobs_used_ends_a_search_whose_money_is_spent(files: SearchFiles) -> None:
    end(files, proposed(0)["round"])
    spent = {name: 4.0 * value for name, value in HOUR.items()}
    assert proposed(1, usage=spent)["outcome"] == "ENDED"
    search = files.search()
    assert search is not None
    assert (search.ended_by, len(search.trials)) == ("dollars", 3)
    assert search.spent.dollars > 0.1


def test_a_call_that_is_repeated_changes_nothing(files: SearchFiles) -> None:
    first = proposed(0)
    assert proposed(0) == first
    end(files, 1)
    assert proposed(1) == proposed(1)


@pytest.mark.parametrize("name", ["PERENNIAL_TRAIN_VCPUS", "PERENNIAL_TRAIN_GIB"])
def test_a_function_that_knows_no_size_of_jobs_says_which_setting_it_lacks(
    files: SearchFiles, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(MissingSetting, match=name):
        proposed(0)
    assert files.round(1) is None


def test_a_run_without_a_job_fails_with_its_reason(
    tmp_path: Path, files: SearchFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tune, "store", lambda: FolderStore(tmp_path / "empty"))
    with pytest.raises(TrainingFailed, match="no job"):
        proposed(0)
