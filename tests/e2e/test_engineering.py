"""A model that sees other columns than its rows have: trained, asked, explained and scored."""

from __future__ import annotations

import json
from math import fsum, isclose
from typing import Any

import pytest
from perennial.registry.layout import split_uri
from perennial.registry.records import Run, RunStatus

from tests.e2e.platform import Platform
from tests.e2e.test_scoring import Scorings
from tests.e2e.tickets import as_csv, as_sent, tickets

MODEL = "engineered"


@pytest.fixture(scope="module")
def run(platform: Platform) -> Run:
    return platform.train(MODEL, as_csv(tickets(600)))


@pytest.fixture(scope="module")
def asked() -> list[dict[str, object]]:
    return [as_sent(row) for row in tickets(20, seed=8)]


def training(platform: Platform, run: Run) -> dict[str, Any]:
    bucket, key = platform.outputs["DataBucketName"], f"runs/{MODEL}/{run.run_id}/training.json"
    body = platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return dict(json.loads(body))


def test_it_is_trained_with_a_reason_for_each_column(platform: Platform, run: Run) -> None:
    assert run.status is RunStatus.SUCCEEDED, run.reason
    selection = training(platform, run)["selection"]
    kept = [one["column"] for one in selection if one["kept"]]
    assert 20 <= len(kept) <= 21 < len(selection)
    assert "said_words" in kept
    assert all(one["reason"] for one in selection)


def test_a_file_is_scored_with_the_answers_of_the_endpoint(
    platform: Platform, run: Run, asked: list[dict[str, object]]
) -> None:
    assert run.status is RunStatus.SUCCEEDED, run.reason
    answer = platform.predict(MODEL, *asked)
    assert answer.status == 200, answer.body
    told = [one["probabilities"]["yes"] for one in answer.body["predictions"]]
    assert len({*told}) > 5
    scorings = Scorings(platform)
    made = scorings.score("tickets.csv", as_csv(tickets(20, seed=8)), model=MODEL)
    assert made["status"] == "SUCCEEDED", made["reason"]
    found = scorings.table("tickets.csv", "predictions.csv", MODEL)
    assert [float(row["probability_yes"]) for row in found] == told


def test_reasons_are_given_by_what_the_caller_sent(
    platform: Platform, run: Run, asked: list[dict[str, object]]
) -> None:
    assert run.status is RunStatus.SUCCEEDED, run.reason
    answer = platform.call(f"/v1/models/{MODEL}/explain", {"rows": asked[:3]})
    assert answer.status == 200, answer.body
    for one in answer.body["predictions"]:
        told = one["explanation"]
        names = [each["feature"] for each in told["contributions"]]
        assert names[: len(asked[0])] == list(asked[0])
        assert not any("#" in name or "=" in name for name in names)
        total = fsum([told["base_value"], *(of["contribution"] for of in told["contributions"])])
        assert isclose(total, told["margin"], rel_tol=1e-5, abs_tol=1e-5)


def test_rows_are_refused_by_what_the_caller_sent(
    platform: Platform, run: Run, asked: list[dict[str, object]]
) -> None:
    assert run.status is RunStatus.SUCCEEDED, run.reason
    answer = platform.predict(MODEL, asked[0] | {"said": 7, "plan": "gold"})
    assert answer.status == 422
    assert "must be text" in json.dumps(answer.body)
    assert "must be one of the categories" in json.dumps(answer.body)


def test_the_data_report_shows_no_text(platform: Platform, run: Run) -> None:
    assert run.status is RunStatus.SUCCEEDED, run.reason
    s3, bucket = platform.client("s3"), platform.outputs["DataBucketName"]
    pages = []
    for prefix in (f"runs/{MODEL}/", f"datasets/{MODEL}/"):
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
        pages += [one["Key"] for one in listed if one["Key"].endswith((".html", ".json"))]
    assert any(key.endswith(".html") for key in pages)
    for key in pages:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        assert "nothing works" not in body, key
    _, artifact = split_uri(platform.registry.route(MODEL).champion.artifact_uri)
    assert artifact.startswith(f"artifacts/{MODEL}/")
