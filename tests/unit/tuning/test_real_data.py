"""Bank marketing as published, searched by folds: what the search was worth is told."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from perennial.data.validation import validate
from perennial.evaluation.evaluate import evaluate
from perennial.evaluation.scoring import load_scorer
from perennial.evaluation.subject import read_subject
from perennial.evaluation.tuned import with_tuning
from perennial.registry import layout
from perennial.spec import ModelSpec, load_spec
from perennial.training.run import silent, train
from perennial.tuning.records import Search, State
from sklearn.metrics import roc_auc_score

from tests.unit.training.samples import RUN, FolderStore
from tests.unit.tuning.searching import begun, finished

ROOT = Path(__file__).parents[3]
FILE = ROOT.parent / "shared" / "data" / "bank-marketing.csv"
SAMPLES = 200  # of the bootstrap
# As shipped, and as if the rows of 2008 to 2010 were all of one time.
SPLITS = [{"method": "time", "holdout": 0.2, "validation": 0.1}, {"method": "random"}]
FOLDS = {"time": "time", "random": "stratified"}
TUNING: dict[str, Any] = {
    "method": "bayesian",
    "trials": 24,
    "trials_per_round": 6,
    "trials_per_job": 6,
    "search": [
        {
            "algorithm": "xgboost",
            "parameters": {
                "max_depth": {"low": 2, "high": 8},
                "learning_rate": {"low": 0.03, "high": 0.3, "scale": "log"},
                "min_child_weight": {"low": 1.0, "high": 50.0, "scale": "log"},
                "colsample_bytree": {"low": 0.4, "high": 1.0},
            },
            "fixed": {"subsample": 0.8},
        },
        {
            "algorithm": "logistic_regression",
            "parameters": {"C": {"low": 0.01, "high": 10.0, "scale": "log"}},
        },
    ],
}

pytestmark = pytest.mark.slow
Found = tuple[FolderStore, Search]


@pytest.fixture(scope="module", params=SPLITS, ids=lambda split: str(split["method"]))
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The shipped model with a search: validated, searched and trained as the workflow does."""
    if not FILE.is_file():
        pytest.skip("bank-marketing.csv is not in ../shared/data beside this checkout")
    folder = tmp_path_factory.mktemp("bank")
    shipped = load_spec(ROOT / "models" / "bank-marketing.yaml").model_dump(mode="json")
    folds = {"method": FOLDS[request.param["method"]], "folds": 3}
    asked = {"split": request.param, "tuning": TUNING | {"cross_validation": folds}}
    spec = ModelSpec.model_validate(shipped | asked)
    with FILE.open("rb") as stream:
        validation = validate(stream, FILE.name, spec, folder)
    assert validation.accepted, validation.reason
    store, job = begun(folder, spec, pq.read_table(folder / "data.parquet"))
    search = finished(store, job, folder)
    train(job, RUN, store, folder, threads=1, progress=silent)
    return store, search


def test_every_trial_that_ends_is_judged_by_three_folds(found: Found) -> None:
    _, search = found
    complete = [trial for trial in search.trials if trial.state is State.COMPLETE]
    assert len(search.trials) == 24
    assert {trial.state for trial in search.trials} <= {State.COMPLETE, State.PRUNED}
    assert all(len(trial.folds) == 3 for trial in complete)
    assert search.winner.value == max(trial.value or 0.0 for trial in complete)


def test_the_verdict_on_the_search_is_what_an_own_bootstrap_of_the_holdout_says(
    found: Found,
) -> None:
    store, search = found
    subject = read_subject(RUN, None, store, load_scorer)
    told = with_tuning(evaluate(subject), subject, RUN, store).tuning
    assert told is not None
    truth = pq.read_table(io.BytesIO(store.read(RUN + layout.HOLDOUT)))["y"].to_numpy()
    labels = (truth.astype(str) == "1").astype(int)
    default = np.load(io.BytesIO(store.read(RUN + layout.DEFAULT_SCORES)), allow_pickle=False)
    winner = subject.candidate.values
    random = np.random.default_rng(0)
    drawn = [random.integers(0, len(labels), len(labels)) for _ in range(SAMPLES)]
    gains = [
        roc_auc_score(labels[rows], winner[rows, 1]) - roc_auc_score(labels[rows], default[rows, 1])
        for rows in drawn
    ]
    low, high = np.quantile(gains, [0.025, 0.975])
    judged = f"{search.default.value:.3f}, then {search.winner.value:.3f} by the folds"
    logging.info("%s: %s; %s", search.winner.algorithm, judged, told.sentence)
    beats = "beats the default" if low > 0 else "is worse than the default"
    verdict = "does not beat the default by more than chance" if low <= 0 <= high else beats
    assert verdict in told.sentence
