"""From a file in S3 to an answer over HTTP, on the deployed stacks."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile

import pytest
from perennial.registry.layout import split_uri
from perennial.registry.records import RunStatus

from tests.e2e.platform import Platform, until

CASES = ["breast-cancer", "wine", "diabetes"]


def golden(
    platform: Platform, model: str
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The golden rows of the version in service: rows and what they must give."""
    bucket, key = split_uri(platform.registry.route(model).champion.artifact_uri)
    body = platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    rows = json.loads(zipfile.ZipFile(io.BytesIO(body)).read("golden.json"))
    return rows["rows"], rows["expected"]


def rows_of(table: bytes, target: str, count: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for row in list(csv.DictReader(io.StringIO(table.decode())))[:count]:
        row.pop(target)
        rows.append({name: float(value) for name, value in row.items()})
    return rows


@pytest.fixture(scope="module", params=CASES)
def trained(
    request: pytest.FixtureRequest, platform: Platform, breast_cancer: bytes
) -> tuple[Platform, str]:
    model = str(request.param)
    table = request.getfixturevalue(model.replace("-", "_"))
    run = platform.train(model, table)
    assert run.status is RunStatus.SUCCEEDED, run.reason
    return platform, model


def test_an_uploaded_file_becomes_a_version_in_service(trained: tuple[Platform, str]) -> None:
    platform, model = trained
    route = platform.registry.route(model)
    version = platform.registry.version(model, route.champion.number)
    assert version.artifact_digest == route.champion.artifact_digest
    assert version.metrics
    changed = f"route {route.revision}"
    told = [event.what for event in platform.registry.events(model) if event.subject == changed]
    assert told[-1] == "route_changed"


def test_what_a_run_put_in_service_is_proven_at_the_live_endpoint(
    trained: tuple[Platform, str],
) -> None:
    platform, model = trained
    subject = f"route {platform.registry.route(model).revision}"

    def proven() -> bool:
        events = platform.registry.events(model)
        return any((e.what, e.subject) == ("route_proven", subject) for e in events)

    until(proven, "the proof of what serves", 30)


def test_the_endpoint_answers_the_golden_rows_as_the_estimator_did(
    trained: tuple[Platform, str],
) -> None:
    platform, model = trained
    rows, expected = golden(platform, model)
    answer = platform.call(f"/v1/models/{model}/predict", {"rows": rows})
    assert answer.status == 200, answer.body
    for prediction, wanted in zip(answer.body["predictions"], expected, strict=True):
        assert prediction["prediction"] == wanted["value"]
        assert prediction.get("probabilities") == wanted["probabilities"]


def test_the_reports_of_a_run_are_pages_with_plots(trained: tuple[Platform, str]) -> None:
    platform, model = trained
    run = platform.registry.runs(model)[0]
    prefix = f"runs/{model}/{run.run_id}/"
    for page in ("validation.html", "evaluation.html"):
        found = platform.client("s3").get_object(
            Bucket=platform.outputs["DataBucketName"], Key=prefix + page
        )
        text = found["Body"].read().decode()
        assert "<svg" in text
        assert "http://" not in text.replace("http://www.w3.org", "")


def test_the_model_can_be_looked_up(trained: tuple[Platform, str]) -> None:
    platform, model = trained
    listed = platform.call("/v1/models")
    assert model in json.dumps(listed.body)
    one = platform.call(f"/v1/models/{model}")
    assert one.status == 200
    assert one.body["name"] == model


def test_a_second_version_is_compared_and_followed_within_ten_seconds(
    platform: Platform, breast_cancer: bytes
) -> None:
    model = "breast-cancer"
    before = platform.registry.route(model)
    if before is None:
        assert platform.train(model, breast_cancer).status is RunStatus.SUCCEEDED
        before = platform.registry.route(model)
    row = rows_of(breast_cancer, "diagnosis", 1)[0]
    assert platform.predict(model, row).body["version"] == before.champion.number

    lines = breast_cancer.splitlines(keepends=True)
    run = platform.train(model, b"".join(lines[:1] + lines[1:540]))

    assert run.status is RunStatus.SUCCEEDED, run.reason
    after = platform.registry.route(model)
    assert after.champion.number == run.version
    assert after.previous.number == before.champion.number
    changed = time.monotonic()
    until(
        lambda: platform.predict(model, row).body["version"] == run.version,
        "the endpoint to follow the route",
        10,
    )
    assert time.monotonic() - changed < 10
    evaluation = json.loads(
        platform.client("s3")
        .get_object(
            Bucket=platform.outputs["DataBucketName"],
            Key=f"runs/{model}/{run.run_id}/evaluation.json",
        )["Body"]
        .read()
    )
    assert evaluation["champion"]
