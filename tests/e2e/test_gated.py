"""A candidate that does not meet its gates is trained, told about and never served."""

from __future__ import annotations

import csv
import io
import json
import random

from perennial.registry.records import RunStatus

from tests.e2e.platform import Platform


def shuffled(table: bytes, column: str) -> bytes:
    """The same rows with the values of one column dealt out anew."""
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    values = [row[column] for row in rows]
    random.Random(0).shuffle(values)
    target = io.StringIO()
    writer = csv.DictWriter(target, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(row | {column: value} for row, value in zip(rows, values, strict=True))
    return target.getvalue().encode()


def test_a_candidate_below_its_gate_is_not_registered_and_says_why(
    platform: Platform, breast_cancer: bytes
) -> None:
    route = platform.registry.route("breast-cancer")
    versions = len(platform.registry.versions("breast-cancer"))
    noise = shuffled(breast_cancer, "diagnosis")
    run = platform.train("breast-cancer", noise, "noise.csv")
    assert run.status is RunStatus.GATED, run.reason
    assert "roc_auc" in run.reason
    assert "< 0.95" in run.reason
    assert run.metrics["roc_auc"] < 0.95
    assert run.version is None
    assert len(platform.registry.versions("breast-cancer")) == versions
    assert platform.registry.route("breast-cancer") == route
    prefix = f"runs/breast-cancer/{run.run_id}/"
    found = platform.client("s3").get_object(
        Bucket=platform.outputs["DataBucketName"], Key=prefix + "evaluation.json"
    )
    assert json.load(found["Body"])["outcome"] == "GATED"
