"""Every algorithm and task, trained once on the real path, and the rows they are asked about."""

from __future__ import annotations

from functools import cache
from typing import Any

import pyarrow as pa
from perennial.portable.agreement import Agreement, answers_of, golden_of
from perennial.portable.probing import probes
from perennial.registry.records import Version

from tests.fakes.records import a_version
from tests.unit.parity.answers import Model
from tests.unit.parity.settings import SMALL
from tests.unit.training.samples import FEATURES, a_spec, table

ROWS = 240
# Categories that are never seen, besides those of the samples that may be missing.
KINDS = FEATURES | {"kind": {"type": "category", "nullable": True, "unseen": "missing"}}


@cache
def trained(algorithm: str, task: str) -> Model:
    """A small model with every type of feature."""
    spec = a_spec(task, algorithm, parameters=SMALL[algorithm], features=KINDS)
    return Model(spec, table(ROWS, task))


def made(features: dict[str, Any], data: pa.Table, task: str = "binary") -> Model:
    """A small booster over features of its own."""
    spec = a_spec(task, "xgboost", parameters=SMALL["xgboost"], features=features)
    return Model(spec, data)


def version_of(model: Model, **given: Any) -> Version:
    """The record that registration would make of a model."""
    artifact = model.engine.artifact
    known = {
        "model": "m-x",
        "number": 3,
        "artifact_digest": artifact.digest,
        "algorithm": artifact.manifest["algorithm"],
        "receipt_digest": "a" * 64,
    }
    return a_version(**known | given)


def golden(model: Model) -> list[dict[str, object]]:
    return golden_of(model.engine.artifact)[0]


def batches(model: Model) -> list[list[dict[str, object]]]:
    """Golden rows, then probes: missing values, unseen categories, extremes."""
    rows = golden(model)
    return [rows, *probes(rows, model.engine.encoder.features)]


def agreement(model: Model, answer: Any) -> Agreement:
    """How far what `answer` says of all rows is from what the engine says.

    Args:
        model: whose engine is asked.
        answer: takes rows, and gives predictions.
    """
    found = Agreement(model.engine.artifact.threshold)
    for rows in batches(model):
        found.compare(answers_of(model.engine.predict(rows)), answer(rows))
    return found
