"""Files scored on the emulator, from an upload to the results beside it, with IAM enforced."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.registry.records import RunStatus

from cli.exits import Exit
from tests.e2e.command import typed
from tests.e2e.platform import Platform, until

MODEL = "diabetes"
Manifest = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def trained(platform: Platform, diabetes: bytes) -> None:
    if platform.registry.route(MODEL) is None:
        assert platform.train(MODEL, diabetes).status is RunStatus.SUCCEEDED


@pytest.fixture(scope="module")
def rows(diabetes: bytes) -> list[dict[str, str]]:
    """1,326 rows to score."""
    return list(csv.DictReader(io.StringIO(diabetes.decode()))) * 3


def csv_of(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


class Scorings:
    """Uploads files to score and reads what lies beside them."""

    def __init__(self, platform: Platform) -> None:
        self.s3, self.states = platform.client("s3"), platform.client("stepfunctions")
        self.lambdas, self.logs = platform.client("lambda"), platform.client("logs")
        self.bucket = platform.outputs["DataBucketName"]
        self.machine = platform.outputs["ScoringMachineArn"]

    def score(
        self, name: str, body: bytes, *, model: str = MODEL, chunk_rows: int = 300, **said: str
    ) -> Manifest:
        key = f"score/{model}/{name}"
        said = {"chunk-rows": str(chunk_rows), **said}
        metadata = {f"perennial-{word}": of for word, of in said.items()}
        stored = self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, Metadata=metadata)
        return self.manifest(key, lambda found: found["input"]["version_id"] == stored["VersionId"])

    def manifest(self, key: str, wanted: Any) -> Manifest:
        def look() -> Manifest | None:
            try:
                found: Manifest = json.loads(self.read(f"{key}.scores/manifest.json"))
            except self.s3.exceptions.NoSuchKey:
                return None
            return found if wanted(found) else None

        found = until(look, f"the manifest of {key}", 120)
        assert isinstance(found, dict)
        return found

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def table(self, name: str, output: str, model: str = MODEL) -> list[dict[str, Any]]:
        body = self.read(f"score/{model}/{name}.scores/{output}")
        if output.endswith(".parquet"):
            return list(pq.read_table(io.BytesIO(body)).to_pylist())
        return list(csv.DictReader(io.StringIO(body.decode())))

    def calls(self) -> int:
        """How many chunks were ever scored."""
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName="/perennial/score", filterPattern='"chunk scored"'
        )
        return sum(len(page["events"]) for page in pages)

    def execution(self, run_id: str) -> str:
        return f"{self.machine.replace(':stateMachine:', ':execution:')}:{run_id}"


@pytest.fixture(scope="module")
def scorings(platform: Platform) -> Scorings:
    return Scorings(platform)


def answers(platform: Platform, rows: list[dict[str, str]]) -> list[float]:
    """What the endpoint says to the first rows."""
    asked: list[dict[str, object]] = [
        {name: float(of) for name, of in row.items() if name != "progression"} for row in rows[:20]
    ]
    spec = platform.predict(MODEL, *asked)
    assert spec.status == 200, spec.body
    return [one["prediction"] for one in spec.body["predictions"]]


def test_a_csv_file_is_scored_in_chunks_with_the_answers_of_the_endpoint(
    platform: Platform, scorings: Scorings, rows: list[dict[str, str]]
) -> None:
    noted = [row | {"note": f'said "{n}",\non two lines'} for n, row in enumerate(rows)]
    made = scorings.score("plain.csv", csv_of(noted))
    assert made["status"] == "SUCCEEDED", made["reason"]
    assert made["counts"]["rows"] == made["counts"]["scored"] == 1_326
    assert made["counts"]["chunks"] == 5
    assert made["version"] == platform.registry.route(MODEL).champion.number
    found = scorings.table("plain.csv", "predictions.csv")
    assert [int(row["row"]) for row in found] == list(range(1, 1_327))
    assert [float(row["prediction"]) for row in found[:20]] == answers(platform, rows)


def test_a_parquet_file_of_many_row_groups_comes_back_as_parquet(
    platform: Platform, scorings: Scorings, rows: list[dict[str, str]]
) -> None:
    columns = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, row_group_size=50)
    made = scorings.score("many.parquet", sink.getvalue())
    assert made["status"] == "SUCCEEDED", made["reason"]
    found = scorings.table("many.parquet", "predictions.parquet")
    assert [row["row"] for row in found] == list(range(1, 1_327))
    assert [row["prediction"] for row in found[:20]] == answers(platform, rows)


def test_half_of_the_rows_bad_is_partial_and_every_rejected_row_is_named(
    scorings: Scorings, rows: list[dict[str, str]]
) -> None:
    bad = [row | ({"bmi": "heavy"} if number % 2 else {}) for number, row in enumerate(rows)]
    made = scorings.score("half.csv", csv_of(bad), format="parquet")
    assert made["status"] == "PARTIAL"
    assert made["reason"] == "663 of 1,326 rows do not fit the model"
    left = scorings.table("half.csv", "rejected.parquet")
    assert [row["row"] for row in left] == list(range(2, 1_327, 2))
    assert {row["reasons"] for row in left} == {"bmi must be a number"}
    assert len(scorings.table("half.csv", "predictions.parquet")) == 663


@pytest.mark.parametrize(
    ("name", "model", "body", "said"),
    [
        ("empty.csv", MODEL, b"", "the file is empty"),
        ("other.csv", MODEL, b"a,b\n1,2\n", "columns the model needs are missing"),
        ("data.csv", "nobody", b"a,b\n1,2\n", "no model named 'nobody' is deployed"),
    ],
)
def test_a_file_that_cannot_be_scored_says_so_beside_itself(
    scorings: Scorings, name: str, model: str, body: bytes, said: str
) -> None:
    made = scorings.score(name, body, model=model)
    assert made["status"] == "FAILED"
    assert said in made["reason"]


def test_a_file_for_a_model_never_trained_says_so_beside_itself(
    platform: Platform, scorings: Scorings
) -> None:
    with platform.untrained("telco-churn"):
        made = scorings.score("early.csv", b"a,b\n1,2\n", model="telco-churn")
    assert made["status"] == "FAILED"
    assert "no version in service" in made["reason"]


def test_the_same_content_twice_costs_nothing(
    scorings: Scorings, rows: list[dict[str, str]]
) -> None:
    body = csv_of(rows[:700])
    first = scorings.score("once.csv", body)
    before = scorings.calls()
    again = scorings.score("twice.csv", body)
    assert again["reused"]
    assert not first["reused"]
    assert scorings.calls() == before
    assert again["counts"] == first["counts"]
    assert scorings.read(f"score/{MODEL}/twice.csv.scores/predictions.csv") == scorings.read(
        f"score/{MODEL}/once.csv.scores/predictions.csv"
    )


def test_results_start_nothing(scorings: Scorings, rows: list[dict[str, str]]) -> None:
    made = scorings.score("quiet.csv", csv_of(rows[:400]))
    listed = scorings.states.list_executions(stateMachineArn=scorings.machine)["executions"]
    keys = [
        json.loads(scorings.states.describe_execution(executionArn=one["executionArn"])["input"])[
            "source"
        ]["key"]
        for one in listed
    ]
    assert keys.count(f"score/{MODEL}/quiet.csv") == 1
    assert not [key for key in keys if ".scores/" in key]
    assert made["status"] == "SUCCEEDED"


def test_a_resumed_scoring_redoes_only_the_chunks_that_failed(
    platform: Platform, scorings: Scorings, rows: list[dict[str, str]]
) -> None:
    body = csv_of([*rows[:1_200], dict(rows[0], age="50")])
    parts = f"arn:aws:s3:::{scorings.bucket}/scoring/*/parts/00003-*"
    with platform.denied("ScoreRole", {"Action": "s3:PutObject", "Resource": parts}):
        made = scorings.score("broken.csv", body)
    assert made["status"] == "FAILED"
    assert "1 of 5 chunks failed" in made["reason"]
    assert "AccessDenied" in made["reason"]
    before = scorings.calls()
    scorings.states.redrive_execution(executionArn=scorings.execution(made["run_id"]))
    key = f"score/{MODEL}/broken.csv"
    after = scorings.manifest(key, lambda found: found["status"] == "SUCCEEDED")
    assert after["run_id"] == made["run_id"]
    assert after["counts"]["scored"] == 1_201
    assert scorings.calls() == before + 1
    numbers = [int(row["row"]) for row in scorings.table("broken.csv", "predictions.csv")]
    assert numbers == list(range(1, 1_202))


def test_the_command_fetches_the_results_and_resumes_what_failed(
    platform: Platform, state: Path, tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    file = tmp_path / "clients.csv"
    file.write_bytes(csv_of([*rows, dict(rows[0], age="heavy")]))
    with platform.denied("ScoreRole", {"Action": "s3:PutObject", "Resource": "*"}):
        failed = typed(state, "score", MODEL, str(file), "--json")
    assert failed.returncode == Exit.RUN_FAILED, failed.stderr
    told = json.loads(failed.stdout)
    assert told["status"] == "FAILED"
    (tmp_path / "again").mkdir()
    wanted = tmp_path / "again" / "scored.csv"
    done = typed(state, "score", MODEL, "--resume", told["run_id"], "--out", str(wanted), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "PARTIAL"
    assert len(wanted.read_text().splitlines()) == 1_327
    assert len((tmp_path / "again" / "scored.rejected.csv").read_text().splitlines()) == 2
    again = typed(state, "score", MODEL, str(file), "--json")
    assert json.loads(again.stdout)["reused"]
    assert (tmp_path / "clients.predictions.csv").read_text() == wanted.read_text()
