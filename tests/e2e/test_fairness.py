"""Groups are compared in every run, may keep a candidate out, and are served as judged."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest
from perennial.evaluation.fairness import FairnessFound
from perennial.registry import layout
from perennial.registry.records import Run, RunStatus
from perennial.serving.artifact import load_artifact

from tests.e2e import applicants
from tests.e2e.platform import Platform


@pytest.fixture(scope="module")
def run(platform: Platform) -> Run:
    run = platform.train("fair", applicants.table(), "fair.csv")
    assert run.status is RunStatus.SUCCEEDED, run.reason
    return run


def left(platform: Platform, run: Run, name: str) -> bytes:
    key = layout.run_prefix(run.model, run.run_id) + name
    bucket = platform.outputs["DataBucketName"]
    return bytes(platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def apart(found: FairnessFound, *columns: str) -> Any:
    grouping = next(one for one in found.groupings if one.columns == columns)
    return next(one for one in grouping.apart if one.measure == "demographic_parity_difference")


def test_a_mitigated_candidate_passes_its_gates_and_shows_what_that_cost(
    platform: Platform, run: Run
) -> None:
    found = FairnessFound.model_validate_json(left(platform, run, layout.FAIRNESS))
    assert [one.columns for one in found.groupings] == [("sex",), ("origin",), ("sex", "origin")]
    assert apart(found, "sex").value <= 0.25
    assert found.mitigation is not None
    before = {one.measure.value: one.value for one in found.mitigation.apart_before}
    assert before["demographic_parity_difference"] > 0.25
    evaluation = json.loads(left(platform, run, layout.EVALUATION_JSON))
    assert evaluation["fairness"] == json.loads(left(platform, run, layout.FAIRNESS))
    assert sum("demographic_parity_difference by" in told for told in evaluation["gates"]) == 2
    page = left(platform, run, layout.EVALUATION_HTML).decode()
    assert "Fairness by sex and origin" in page
    assert "group 1" in page
    assert "north" not in page


def test_the_endpoint_decides_as_the_candidate_was_judged(platform: Platform, run: Run) -> None:
    assert run.version is not None
    version = platform.registry.version("fair", run.version)
    bucket, key = layout.split_uri(version.artifact_uri)
    body = platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    artifact = load_artifact(body, version.artifact_digest)
    women, men = artifact.manifest["group_thresholds"]["values"]
    assert women < men
    asked, _ = applicants.rows(200, seed=5)
    people = [{name: row[name] for name in ("income", "debt", "sex")} for row in asked]
    answer = platform.predict("fair", *people)
    assert answer.status == 200, answer.body
    for person, said in zip(people, answer.body["predictions"], strict=True):
        least = women if person["sex"] == "f" else men
        assert (said["prediction"] == "yes") is (said["probabilities"]["yes"] >= least)
    refused = platform.predict("fair", asked[0])
    assert refused.status == 422, refused.body  # the origin is no feature


def test_who_a_row_is_about_is_kept_in_the_dataset_and_nowhere_else(
    platform: Platform, run: Run
) -> None:
    job = json.loads(left(platform, run, layout.JOB))
    bucket, key = layout.split_uri(job["dataset"]["uri"])
    get = platform.client("s3").get_object
    prefix = key.removesuffix(layout.DATA)
    dataset = pq.read_table(io.BytesIO(get(Bucket=bucket, Key=key)["Body"].read()))
    assert set(dataset["origin"].to_pylist()) == {"north", "south"}
    sample = io.BytesIO(get(Bucket=bucket, Key=prefix + layout.SAMPLE)["Body"].read())
    assert pq.read_table(sample).column_names == ["income", "debt"]
    profile = get(Bucket=bucket, Key=prefix + layout.PROFILE)["Body"].read()
    assert b"origin" not in profile


def test_a_candidate_that_treats_an_origin_worse_is_kept_out(platform: Platform, run: Run) -> None:
    route = platform.registry.route("fair")
    unfair = platform.train("fair", applicants.table(seed=1, by_origin=2.0), "unfair.csv")
    assert unfair.status is RunStatus.GATED, unfair.reason
    assert "demographic_parity_difference by origin" in unfair.reason
    assert "> 0.25" in unfair.reason
    assert "south" not in unfair.reason
    assert platform.registry.route("fair") == route
    assert run.version == route.champion.number
