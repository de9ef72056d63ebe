"""The truth comes back: by the API, in files, wrong in every way, and is kept."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.registry.layout import recorded_prefix
from perennial.registry.records import RunStatus

from tests.e2e import captures, tumours
from tests.e2e.platform import Answer, Platform, until
from tests.e2e.test_journey import rows_of

MODEL = "breast-cancer"
SECONDS = 60.0


@pytest.fixture(scope="module")
def rows(platform: Platform, breast_cancer: bytes) -> list[dict[str, object]]:
    """Rows of a model that is in service."""
    if platform.registry.route(MODEL) is None:
        run = platform.train(MODEL, breast_cancer)
        assert run.status is RunStatus.SUCCEEDED, run.reason
    return rows_of(breast_cancer, "diagnosis", 5)


def send(platform: Platform, *outcomes: object, model: str = MODEL, **how: Any) -> Answer:
    return platform.call(f"/v1/models/{model}/outcomes", {"outcomes": list(outcomes)}, **how)


def truth(platform: Platform) -> list[dict[str, Any]]:
    """All outcomes that are kept."""
    bucket, s3 = platform.outputs["DataBucketName"], platform.client("s3")
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"truth/model={MODEL}/").get("Contents", [])
    bodies = (s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found)
    return [row for body in bodies for row in pq.read_table(io.BytesIO(body)).to_pylist()]


def kept(platform: Platform, ids: set[str]) -> dict[str, dict[str, Any]]:
    """The outcomes of these predictions, once all are there."""
    found: dict[str, dict[str, Any]] = {}

    def there() -> bool:
        found.update({row["prediction_id"]: row for row in truth(platform)})
        return ids <= found.keys()

    until(there, f"{len(ids)} outcomes to be kept", SECONDS)
    return found


def put(platform: Platform, name: str, body: bytes) -> str:
    """Upload a file of outcomes; its key."""
    key = f"outcomes/{MODEL}/{name}"
    platform.client("s3").put_object(Bucket=platform.outputs["DataBucketName"], Key=key, Body=body)
    return key


def summary(platform: Platform, key: str) -> dict[str, Any]:
    """What came of a file, once that is told."""
    bucket, s3 = platform.outputs["DataBucketName"], platform.client("s3")

    def told() -> Any:
        place = f"{recorded_prefix(key)}summary.json"
        if "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=place):
            return None
        return json.loads(s3.get_object(Bucket=bucket, Key=place)["Body"].read())

    found = until(told, f"{key} to be recorded", SECONDS)
    assert isinstance(found, dict)
    return found


def test_an_outcome_that_is_sent_is_kept_as_it_was_said(
    platform: Platform, rows: list[dict[str, object]]
) -> None:
    answer = platform.predict(MODEL, *rows)
    ids = [prediction["id"] for prediction in answer.body["predictions"]]
    seen = datetime.now(UTC) - timedelta(minutes=1)
    told = send(
        platform,
        {"prediction_id": ids[0], "outcome": "benign", "observed_at": seen.isoformat()},
        {"prediction_id": ids[1], "outcome": "a new illness"},
        {"prediction_id": ids[2], "outcome": "malignant"},
    )
    assert told.status == 202, told.body
    assert told.body["accepted"] == 2
    assert [one["index"] for one in told.body["rejected"]] == [1]
    assert "none of the two labels" in told.body["rejected"][0]["reason"]
    found = kept(platform, {ids[0], ids[2]})
    assert found[ids[0]]["outcome"] == "benign"
    assert abs(found[ids[0]]["observed_at"] - seen) < timedelta(milliseconds=1)
    assert found[ids[2]]["source"] == "api"
    assert ids[1] not in found


def test_a_key_is_asked_for_and_a_wrong_model_is_told(platform: Platform) -> None:
    outcome = {"prediction_id": "r-0", "outcome": "benign"}
    assert send(platform, outcome, key=None).status == 403
    assert send(platform, outcome, model="nobody").status == 404
    assert platform.call(f"/v1/models/{MODEL}/outcomes").status == 405


def test_nothing_right_is_a_problem_that_says_why(
    platform: Platform, rows: list[dict[str, object]]
) -> None:
    told = send(platform, {"prediction_id": "r-0"}, {"outcome": "benign"}, 7)
    assert (told.status, told.body["type"]) == (422, "urn:perennial:problem:invalid-outcomes")
    assert [error["row"] for error in told.body["errors"]] == [0, 1, 2]


def test_a_file_is_recorded_row_by_row_and_what_is_wrong_is_told_beside_it(
    platform: Platform, rows: list[dict[str, object]]
) -> None:
    body = b"prediction_id,outcome\nfile-1,benign\nfile-2,\nfile-3,malignant\n,benign\n"
    key = put(platform, "today.csv", body)
    told = summary(platform, key)
    assert (told["status"], told["rows"], told["accepted"], told["rejected"]) == (
        "RECORDED",
        4,
        2,
        2,
    )
    assert {"file-1", "file-3"} <= kept(platform, {"file-1", "file-3"}).keys()
    place = told["rejects"].partition("://")[2].partition("/")
    rejects = platform.client("s3").get_object(Bucket=place[0], Key=place[2])["Body"].read()
    assert rejects.decode().splitlines()[1].startswith("2,3,")


def test_a_million_outcomes_at_once_are_recorded(
    platform: Platform, rows: list[dict[str, object]]
) -> None:
    count = 1_000_000
    table = pa.table(
        {
            "prediction_id": pa.array([f"million-{n}" for n in range(count)]),
            "outcome": pa.array(["benign", "malignant"] * (count // 2)),
        }
    )
    body = io.BytesIO()
    pq.write_table(table, body)
    told = summary(platform, put(platform, "million.parquet", body.getvalue()))
    assert (told["status"], told["accepted"], told["rejected"]) == ("RECORDED", count, 0)
    s3, place = platform.client("s3"), told["truth"].partition("://")[2].partition("/")
    written = s3.get_object(Bucket=place[0], Key=place[2])["Body"].read()
    assert pq.read_metadata(io.BytesIO(written)).num_rows == count
    s3.delete_object(Bucket=place[0], Key=place[2])


@pytest.mark.parametrize(
    ("name", "body", "status", "reason"),
    [
        ("empty.csv", b"", "REJECTED", "empty"),
        ("header.csv", b"prediction_id,outcome\n", "REJECTED", "no rows"),
        ("other.csv", b"id,label\n1,benign\n", "REJECTED", "no column outcome"),
        ("broken.parquet", b"PAR1 and no more", "REJECTED", "Parquet"),
    ],
)
def test_a_file_nothing_can_be_taken_from_says_so(
    platform: Platform,
    rows: list[dict[str, object]],
    name: str,
    body: bytes,
    status: str,
    reason: str,
) -> None:
    told = summary(platform, put(platform, name, body))
    assert (told["status"], told["accepted"]) == (status, 0)
    assert reason in told["reason"]


def test_training_data_is_gathered_from_what_was_predicted_and_came_true(
    platform: Platform,
) -> None:
    if platform.registry.route("gathered") is None:
        run = platform.train("gathered", tumours.table())
        assert run.status is RunStatus.SUCCEEDED, run.reason
    rows, labels = tumours.rows(120)
    answer = platform.predict("gathered", *rows)
    ids = [prediction["id"] for prediction in answer.body["predictions"]]
    captures.wait_for(platform, "gathered", set(ids))
    wanted = {"model": "gathered", "retraining_id": "by-test", "cause": "drift", "by": "test"}
    refused = invoke(platform, "gather", wanted)
    assert refused["errorType"] == "NotEnoughOutcomes"
    assert refused["errorMessage"].startswith("0 predictions have an outcome")
    told = send(
        platform,
        *({"prediction_id": i, "outcome": label} for i, label in zip(ids, labels, strict=True)),
        model="gathered",
    )
    assert told.body["accepted"] == len(ids)
    found = until(lambda: gathered(platform, wanted), "training data to be gathered", SECONDS)
    assert isinstance(found, dict)
    source = found["source"]
    body = (
        platform.client("s3")
        .get_object(Bucket=source["bucket"], Key=source["key"], VersionId=source["version_id"])[
            "Body"
        ]
        .read()
    )
    table = pq.read_table(io.BytesIO(body))
    assert table.num_rows == found["rows"] == len(rows)
    assert table.drop(["diagnosis"]).to_pylist() == [dict(row) for row in _in_order(rows, ids)]
    assert invoke(platform, "gather", wanted) == found


def _in_order(rows: list[dict[str, Any]], ids: list[str]) -> list[dict[str, Any]]:
    """Rows of one request have one time, so their ids order them."""
    return [row for _, row in sorted(zip(ids, rows, strict=True), key=lambda pair: pair[0])]


def gathered(platform: Platform, wanted: dict[str, str]) -> Any:
    """What gathering answers, once outcomes have been written; None before."""
    answer = invoke(platform, "gather", wanted)
    return answer if "source" in answer else None


def invoke(platform: Platform, function: str, event: dict[str, Any]) -> Any:
    """Call a function, as the workflow does."""
    answer = platform.client("lambda").invoke(
        FunctionName=f"perennial-{function}", Payload=json.dumps(event).encode()
    )
    return json.loads(answer["Payload"].read())
