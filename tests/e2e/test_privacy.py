"""Persons are named in nothing that is kept, and can be forgotten: over the running platform."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from perennial.registry.records import RunStatus

from tests.e2e import captures, principals, tumours
from tests.e2e.platform import Platform, until

MODEL = "patients"
PLANTED = ("Zebulon Quartermaine", "patient-zq-4711", "ward-of-the-planted")
NAME, PATIENT, WARD = PLANTED
SECONDS = 90.0


def training_file() -> bytes:
    """Rows of many patients, and some of the one who is planted."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["visit", "patient", "name", *tumours.COLUMNS, "ward", tumours.TARGET])
    for number, (row, label) in enumerate(zip(*tumours.rows(600), strict=True)):
        planted = number % 100 == 7
        patient = PATIENT if planted else f"p-{number % 150}"
        who = [f"v-{number}", patient, NAME if planted else f"Name {number}"]
        ward = WARD if planted else f"ward-{number % 5}"
        writer.writerow([*who, *row.values(), ward, label])
    return text.getvalue().encode()


def features(seed: int) -> dict[str, object]:
    (row,), _ = tumours.rows(1, seed=seed)
    return {**row, "ward": WARD}


def predict(platform: Platform, *seeds: int) -> list[str]:
    """Predictions about the planted patient; their ids."""
    body = {"rows": [features(seed) for seed in seeds], "entity_ids": [PATIENT] * len(seeds)}
    answer = platform.call(f"/v1/models/{MODEL}/predict", body)
    assert answer.status == 200, answer.body
    return [one["id"] for one in answer.body["predictions"]]


def stored(platform: Platform) -> Iterator[tuple[str, bytes]]:
    """Every version of every object in both buckets."""
    s3 = platform.client("s3")
    for bucket in (platform.outputs["DataBucketName"], platform.outputs["ArtifactBucketName"]):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for one in page.get("Versions", []):
                if f"/{MODEL}/" in f"/{one['Key']}" or f"model={MODEL}/" in one["Key"]:
                    found = s3.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
                    yield one["Key"], found["Body"].read()


def holds(body: bytes, text: str) -> bool:
    """Whether a file holds a text, in whatever column of whatever form."""
    if body[:4] != b"PAR1":
        return text.encode() in body
    import pyarrow.parquet as pq

    return text in json.dumps(pq.read_table(io.BytesIO(body)).to_pylist(), default=str)


def logged(platform: Platform) -> Iterator[tuple[str, str]]:
    """Every line of every log."""
    logs = platform.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
            for event in page["events"]:
                yield name, event["message"]


def forget(officer: principals.Person, person: str, **more: Any) -> dict[str, Any]:
    """Ask to forget a person, and wait for what came of it."""
    platform = officer.platform
    wish = {"id": person, "reason": "asked to be forgotten", **more}
    answer = officer.asks("POST", f"/v1/models/{MODEL}/forget", wish)
    assert answer.status == 200, answer.body
    client = platform.client("stepfunctions")

    def over() -> Any:
        found = client.describe_execution(executionArn=answer.body["execution"])
        return found if found["status"] != "RUNNING" else None

    ended: Any = until(over, "the person to be forgotten", SECONDS)
    assert ended["status"] == "SUCCEEDED", ended
    result: dict[str, Any] = json.loads(ended["output"])
    return result


@pytest.fixture(scope="module")
def officer(platform: Platform) -> principals.Person:
    """Who answers for privacy."""
    return principals.user(platform, "privacy-officer")


@pytest.fixture(scope="module")
def served(platform: Platform) -> list[str]:
    """A trained model, asked about the planted patient, with an outcome; the predictions' ids."""
    run = platform.train(MODEL, training_file())
    assert run.status is RunStatus.SUCCEEDED, run.reason
    ids = predict(platform, 1, 2, 3)
    captures.wait_for(platform, MODEL, set(ids))
    later = datetime.now(UTC)
    outcomes = [
        {"prediction_id": ids[0], "outcome": "benign"},
        {"entity_id": PATIENT, "predicted_at": later.isoformat(), "outcome": "malignant"},
    ]
    told = platform.call(f"/v1/models/{MODEL}/outcomes", {"outcomes": outcomes})
    assert told.body["accepted"] == 2, told.body
    upload_more(platform)
    return ids


def upload_more(platform: Platform) -> None:
    """A file of outcomes and one to score, both about the planted patient, worked off."""
    s3, bucket = platform.client("s3"), platform.outputs["DataBucketName"]
    (row,), _ = tumours.rows(1, seed=4)
    at = datetime.now(UTC).isoformat()
    outcomes = f"entity_id,predicted_at,outcome\n{PATIENT},{at},benign\n"
    header, values = ",".join(row), ",".join(map(str, row.values()))
    scored = f"visit,patient,name,{header},ward\nv-x,{PATIENT},{NAME},{values},{WARD}\n"
    s3.put_object(Bucket=bucket, Key=f"outcomes/{MODEL}/told.csv", Body=outcomes.encode())
    s3.put_object(Bucket=bucket, Key=f"score/{MODEL}/asked.csv", Body=scored.encode())

    def worked_off() -> bool:
        keys = [key for key, _ in stored(platform)]
        manifest = f"score/{MODEL}/asked.csv.scores/manifest.json"
        return manifest in keys and sum(key.startswith("truth/") for key in keys) >= 2

    until(worked_off, "outcomes to be kept and a file to be scored", SECONDS)


def test_persons_are_named_in_nothing_that_is_kept_but_the_upload(
    platform: Platform, served: list[str]
) -> None:
    for key, body in stored(platform):
        uploaded = key.startswith("incoming/") or key.endswith(("/told.csv", "/asked.csv"))
        if not uploaded:
            assert not [text for text in PLANTED if holds(body, text)], key


def test_no_log_names_a_person(platform: Platform, served: list[str]) -> None:
    for group, line in logged(platform):
        assert not [text for text in PLANTED if text in line], group


def test_a_model_that_learned_from_pseudonyms_is_asked_with_values_as_they_are(
    platform: Platform, served: list[str]
) -> None:
    kept = captures.wait_for(platform, MODEL, set(served))
    wards = {row["features"]["ward"] for row in kept.values()}
    entities = {row["entity_id"] for row in kept.values()}
    assert all(one.startswith("psn_") for one in wards | entities)
    (ward,), version = wards, platform.registry.versions(MODEL)[0]
    bucket, _, key = version.artifact_uri.removeprefix("s3://").partition("/")
    body = platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert ward.encode() in body  # it is a category that training saw


def test_a_person_is_forgotten_and_the_versions_trained_on_them_are_named(
    platform: Platform, served: list[str], officer: principals.Person
) -> None:
    (entity,) = {
        row["entity_id"] for row in captures.wait_for(platform, MODEL, set(served)).values()
    }
    looked = forget(officer, PATIENT, dry_run=True)
    assert looked["rows"]["captures"] == 3
    result = forget(officer, PATIENT)
    assert result["complete"]
    assert result["rows"] == looked["rows"]
    assert result["rows"]["datasets"] == 6
    assert result["rows"]["truth"] == 3
    assert result["files"] == {"uploads": 1, "outcome files": 1, "scored files": 1}
    assert result["trained_versions"] == [platform.registry.versions(MODEL)[0].number]
    for key, body in stored(platform):
        for text in (NAME, PATIENT, entity, *served):
            assert not holds(body, text), key
    event = platform.registry.events(MODEL, 1)[0]
    assert event.by == officer.arn
    assert event.what == "person_forgotten"
    assert PATIENT not in str(event)
    assert entity not in str(event)
    again = forget(officer, PATIENT)
    assert (again["rows"], again["files"]) == ({}, {})
    assert again["trained_versions"] == result["trained_versions"]
