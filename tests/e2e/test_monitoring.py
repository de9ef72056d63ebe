"""A model in service is looked at: well while the world is as it was, and not when it has moved."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from perennial.registry.records import RunStatus

from tests.e2e import captures, tumours
from tests.e2e.command import typed
from tests.e2e.platform import Platform, until

MODEL = "monitored"
UNWATCHED = "tuned"  # no schedule makes a report on it
ROWS = 600
SECONDS = 60.0


@pytest.fixture(scope="module")
def served(platform: Platform) -> Platform:
    """A deployment with the model in service."""
    run = platform.train(MODEL, tumours.table(1200, seed=1))
    assert run.status is RunStatus.SUCCEEDED, run.reason
    return platform


def lived_through(platform: Platform, *, seed: int, shift: float = 0.0) -> None:
    """Rows are asked about and come true, and both lie in S3."""
    rows, labels = tumours.rows(ROWS, seed=seed, shift=shift)
    answer = platform.predict(MODEL, *rows)
    assert answer.status == 200, answer.body
    ids = [prediction["id"] for prediction in answer.body["predictions"]]
    outcomes = [
        {"prediction_id": one, "outcome": label} for one, label in zip(ids, labels, strict=True)
    ]
    told = platform.call(f"/v1/models/{MODEL}/outcomes", {"outcomes": outcomes})
    assert (told.status, told.body["accepted"]) == (202, ROWS)
    captures.wait_for(platform, MODEL, set(ids))
    until(lambda: truths(platform) >= set(ids), "the outcomes to be kept", SECONDS)


def truths(platform: Platform) -> set[str]:
    """The ids of all outcomes of the model that are kept."""
    bucket, s3 = platform.outputs["DataBucketName"], platform.client("s3")
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"truth/model={MODEL}/").get("Contents", [])
    bodies = (s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found)
    return {
        str(one)
        for body in bodies
        for one in pq.read_table(io.BytesIO(body))["prediction_id"].to_pylist()
    }


def reported(state: Path) -> dict[str, Any]:
    """The report of a pass that is made now."""
    done = typed(state, "monitor", MODEL, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def alarms(report: dict[str, Any]) -> set[str]:
    return {name for name, found in report["verdicts"].items() if found["state"] == "alarm"}


def metric(platform: Platform, name: str) -> list[float]:
    """The values of a metric of the model so far, by minute."""
    now = datetime.now(UTC)
    found = platform.client("cloudwatch").get_metric_statistics(
        Namespace="Perennial",
        MetricName=name,
        Dimensions=[{"Name": "model", "Value": MODEL}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
    )
    return [point["Maximum"] for point in found["Datapoints"]]


def alarmed(platform: Platform, name: str) -> bool:
    return 1.0 in metric(platform, name)


def test_no_report_is_a_friendly_error(served: Platform, state: Path) -> None:
    none = typed(state, "report", UNWATCHED)
    assert none.returncode == 3
    assert f"`perennial monitor {UNWATCHED}` makes one now" in none.stderr


def test_before_anything_happened_nothing_is_judged(served: Platform, state: Path) -> None:
    report = reported(state)
    assert alarms(report) == set()
    assert report["verdicts"]["drift"]["state"] == "not-enough-data"
    assert report["problems"] == []


def test_a_model_in_a_world_as_it_was_is_well(served: Platform, state: Path) -> None:
    lived_through(served, seed=2)
    report = reported(state)
    states = {name: found["state"] for name, found in report["verdicts"].items()}
    assert states.pop("previous") == "not-judged"  # there is none
    assert set(states.values()) == {"ok"}, report["verdicts"]
    assert report["traffic"]["predictions"] == report["outcomes"]["matched"] == ROWS
    assert report["versions"][0]["metrics"]["accuracy"] > 0.85
    until(lambda: metric(served, "Reports"), "metrics of the report", SECONDS)
    assert max(metric(served, "Drift")) == 0.0


def test_a_model_whose_world_moved_is_not(served: Platform, state: Path, tmp_path: Path) -> None:
    lived_through(served, seed=3, shift=1.5)
    report = reported(state)
    assert {"drift", "performance", "concept_drift", "multivariate"} <= alarms(report)
    assert {one["name"] for one in report["features"] if one["drifted"]} == {"radius", "texture"}
    assert report["problems"] == []
    for name in ("Drift", "BelowFloor", "ConceptDrift"):
        until(partial(alarmed, served, name), f"{name} to alarm", SECONDS)
    page = tmp_path / "page.html"
    shown = typed(state, "report", MODEL, "--save", str(page))
    assert shown.returncode == 0, shown.stderr
    assert "ALARM" in shown.stdout
    assert report["report_id"] in page.read_text(encoding="utf-8")


def test_what_the_schedule_starts_makes_a_report_and_tells_where(served: Platform) -> None:
    machine = served.outputs["MonitoringMachineArn"]
    client = served.client("stepfunctions")
    started = client.start_execution(stateMachineArn=machine, input=json.dumps({"model": MODEL}))[
        "executionArn"
    ]

    def over() -> Any:
        found = client.describe_execution(executionArn=started)
        return found if found["status"] != "RUNNING" else None

    ended = until(over, "the pass to end", SECONDS)
    assert isinstance(ended, dict)
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    bucket = served.outputs["DataBucketName"]
    found = served.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"reports/{MODEL}/")
    names = {one["Key"].rpartition("/")[2] for one in found["Contents"]}
    assert names == {"report.html", "report.json", "carried.json"}
