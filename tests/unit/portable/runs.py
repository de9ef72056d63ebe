"""A run with everything that MLflow is told of, in a registry and a store in memory."""

from __future__ import annotations

import json

from perennial.registry.records import Run, RunStatus

from tests.fakes.objects import InMemoryObjects
from tests.fakes.records import AT, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry

RUN_ID = "0123456789abcdef" * 2
RUN_URI = f"s3://data/runs/bank/{RUN_ID}/"
TRAINING = {
    "algorithm": "xgboost",
    "parameters": {"eta": 0.1, "objective": "binary:logistic"},
    "rows": {"train": 70, "holdout": 30},
    "learning_curve": [
        {"round": 1, "train": 0.6, "validation": 0.65},
        {"round": 2, "train": 0.5, "validation": None},
    ],
}
SEARCH = {
    "format": 1,
    "metric": "roc_auc",
    "best": 1,
    "trials": [
        {
            "number": number,
            "algorithm": "xgboost",
            "parameters": {"eta": number / 10},
            "value": 0.8 + number / 100,
            "folds": [0.7, 0.9],
            "curve": [],
            "state": "COMPLETE",
            "seconds": 1.5,
            "reason": "",
        }
        for number in range(2)
    ]
    + [
        {
            "number": 2,
            "algorithm": "ridge",
            "parameters": {},
            "value": None,
            "state": "FAILED",
            "seconds": 0.1,
            "reason": "out of memory",
        }
    ],
}


def world(**given: object) -> tuple[InMemoryObjects, InMemoryRegistry]:
    """A run that ended, as `given` says, with its documents."""
    store, registry = InMemoryObjects(), InMemoryRegistry()
    run: Run = a_run(RUN_ID, status=RunStatus.RUNNING, dataset_digest="e" * 64)
    registry.create_run(run)
    registry.register_version(a_version(RUN_ID), an_event())
    end = {"status": RunStatus.SUCCEEDED, "seconds": {"TrainModel": 12.5}, "reason": ""} | given
    registry.update_run("bank", RUN_ID, at=AT, **end)  # type: ignore[arg-type]
    documents = {
        "training.json": TRAINING,
        "evaluation.json": {"metrics": {"roc_auc": 0.9}, "baseline": {"metrics": {"roc_auc": 0.5}}},
        "receipt.json": {"digest": "a" * 64},
        "search.json": SEARCH,
    }
    for name, document in documents.items():
        store.write(RUN_URI + name, json.dumps(document).encode(), "application/json")
    return store, registry
