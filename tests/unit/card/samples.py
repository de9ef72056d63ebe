"""A version as the whole pipeline leaves it, in memory: validated, trained, evaluated."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from perennial.card.build import Known, make_card
from perennial.card.record import Card
from perennial.data.order import Code, Order
from perennial.data.run import validate_run
from perennial.evaluation.evaluate import evaluate
from perennial.evaluation.predictions import prediction_profile
from perennial.evaluation.publish import publish
from perennial.evaluation.scoring import load_scorer
from perennial.evaluation.subject import read_subject
from perennial.registry import layout
from perennial.registry.records import Approval, SourceObject, Version
from perennial.spec import ModelSpec
from perennial.training.job import read_job
from perennial.training.run import train

from tests.fakes.objects import InMemoryObjects
from tests.fakes.records import a_run, a_version
from tests.fakes.registry import InMemoryRegistry

SOURCE = SourceObject("data", "incoming/loans/loans.csv", "1", "etag", 1)
RUN = "s3://data/runs/loans/r/"
ROWS = 900
COLUMNS = {"income", "age", "region", "remark", "paid"}


def a_spec(**given: Any) -> ModelSpec:
    fields: dict[str, Any] = {
        "name": "loans",
        "description": "Whether a loan is paid back.",
        "task": "binary",
        "target": "paid",
        "positive_class": "yes",
        "features": {
            "income": {"type": "number"},
            "age": {"type": "integer"},
            "region": {"type": "category"},
            "remark": {"type": "number", "nullable": True},
        },
        "sensitive": ["age"],
        "algorithm": {"name": "xgboost", "parameters": {"num_boost_round": 20, "max_depth": 3}},
        **given,
    }
    used = {*fields["features"], fields["target"]}
    return ModelSpec.model_validate({"excluded": sorted(COLUMNS - used), **fields})


def a_file() -> bytes:
    """Income decides, but for people of the north, whom nobody can tell."""
    random = np.random.default_rng(3)
    income, age = random.normal(0, 1, ROWS), random.integers(18, 90, ROWS)
    region = random.choice(["north", "south", "west"], ROWS)
    known = region != "north"
    chance = np.where(known, 1 / (1 + np.exp(-4 * income)), 0.5)
    paid = np.where(random.random(ROWS) < chance, "yes", "no")
    remark = np.where(random.random(ROWS) < 0.6, "", np.round(random.random(ROWS), 3).astype(str))
    rows = zip(np.round(income, 4), age, region, remark, paid, strict=True)
    lines = ["income,age,region,remark,paid", *(",".join(map(str, row)) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


@cache
def a_version_of(key: str) -> tuple[InMemoryObjects, Version]:
    """Run the pipeline once per spec, given as JSON."""
    spec = ModelSpec.model_validate_json(key)
    store, registry = InMemoryObjects(), InMemoryRegistry()
    store.write(f"s3://data/{SOURCE.key}", a_file(), "text/csv")
    registry.create_run(a_run("r", model="loans", source=SOURCE))
    order = Order("loans", "r", SOURCE)
    validate_run(order, spec, Code("0.1.0", "c" * 64), "data", store, registry, lambda: "now")
    with TemporaryDirectory() as folder:
        found = train(read_job(RUN, store), RUN, store, Path(folder), threads=1)
    subject = read_subject(RUN, None, store, load_scorer)
    evaluation = evaluate(subject)
    publish(evaluation, subject.training, prediction_profile(subject), RUN, store)
    version = a_version(
        "r",
        model="loans",
        number=4,
        artifact_digest=found["artifact_digest"],
        dataset_digest=evaluation.dataset_digest,
        receipt_uri=RUN + layout.RECEIPT,
        algorithm=spec.algorithm.name.value,
        metrics=evaluation.metrics,
        gates=evaluation.gates,
        created_by="arn:aws:iam::1:user/ada",
    )
    return store, version


def known_of(
    version: Version, *, approval: Approval | None = None, approval_needed: bool = False
) -> Known:
    run = a_run("r", model="loans", source=SOURCE, version=4, seconds={"TrainModel": 90.0})
    return Known(version, run, approval, approval_needed)


def a_card(spec: ModelSpec | None = None, **known: Any) -> Card:
    store, version = a_version_of((spec or a_spec()).model_dump_json())
    return make_card(RUN, known_of(version, **known), store)
