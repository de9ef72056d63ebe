"""What is trained after a search, and what stands beside it."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from perennial.errors import TrainingFailed
from perennial.training.choice import choice_of
from perennial.training.job import read_job
from perennial.training.run import silent
from perennial.training.run import train as train_run
from perennial.tuning.files import SearchFiles
from perennial.tuning.records import State, Trial

from tests.unit.training.samples import RUN, FolderStore, put_job, table
from tests.unit.tuning.searching import a_search, begun, step


def found(folder: Path, best: int) -> tuple[FolderStore, dict[str, Any]]:
    """A run trained after a search that found one of its trials to be the best."""
    store, job = begun(folder, a_search(trials=3), table(120, "binary"))
    step(store, 0)
    files = SearchFiles(RUN, store)
    proposed = files.round(1)
    assert proposed is not None
    for one in proposed.proposals:
        files.write_trial(
            Trial(
                number=one.number,
                round=1,
                algorithm=one.algorithm,
                parameters=one.parameters,
                state=State.COMPLETE,
                value=1.0 if one.number == best else 0.5,
            )
        )
    step(store, 1)
    return store, train_run(job, RUN, store, folder, threads=1, progress=silent)


def test_the_best_trial_is_trained_and_the_default_answers_beside_it(tmp_path: Path) -> None:
    store, training = found(tmp_path, best=2)
    search = SearchFiles(RUN, store).search()
    assert search is not None
    assert training["algorithm"] == search.winner.algorithm.value
    assert search.winner.parameters.items() <= training["parameters"].items()
    digest = hashlib.sha256(store.read(RUN + "search.json")).hexdigest()
    assert training["search"]["digest"] == digest
    assert json.loads(store.read(RUN + "receipt.json"))["search_digest"] == digest
    scores = np.load(io.BytesIO(store.read(RUN + "default.npy")), allow_pickle=False)
    assert scores.shape == (training["rows"]["holdout"], 2)


def test_a_default_that_won_needs_no_second_model(tmp_path: Path) -> None:
    store, training = found(tmp_path, best=0)
    assert training["default"]["note"] == "the search found nothing better than the default"
    assert not store.exists(RUN + "default.npy")


def test_a_run_is_not_trained_before_its_search_has_ended(tmp_path: Path) -> None:
    store, job = begun(tmp_path, a_search(), table(120, "binary"))
    with pytest.raises(TrainingFailed, match="search has not ended"):
        train_run(job, RUN, store, tmp_path, threads=1, progress=silent)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"best": 7}, "damaged"),
        ({"method": "grid"}, "another search"),
        ({"seed": 4711}, "another search"),
        ({"metric": "accuracy"}, "another search"),
        ({"margin": {"value": "NaN"}}, "damaged"),
    ],
)
def test_a_search_of_another_kind_is_not_trained_after(
    tmp_path: Path, edit: dict[str, Any], says: str
) -> None:
    store, _ = found(tmp_path, best=0)
    document = json.loads(store.read(RUN + "search.json"))
    store.write(RUN + "search.json", json.dumps(document | edit).encode(), "")
    with pytest.raises(TrainingFailed, match=says):
        choice_of(read_job(RUN, store), RUN, store)


def test_folds_judge_a_spec_that_asks_for_no_search(tmp_path: Path) -> None:
    folds = {"method": "stratified", "folds": 3}
    spec = a_search(method="none", search=[], cross_validation=folds)
    store = FolderStore(tmp_path)
    job = put_job(store, spec, table(120, "binary"))
    told = train_run(job, RUN, store, tmp_path, threads=1, progress=silent)["cross_validation"]
    assert len(told["folds"]) == 3
    assert told["mean"] == pytest.approx(np.mean(told["folds"]))
    assert told["metric"] == "roc_auc"
