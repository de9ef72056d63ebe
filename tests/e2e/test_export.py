"""A deployed version leaves the deployment in every format, and answers there as it does here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pandas as pd
import pytest
import yaml
from perennial.registry.records import RunStatus

from tests.e2e.command import answered
from tests.e2e.platform import Platform, until
from tests.e2e.test_journey import golden

MODEL = "wine"
_LOAD = """
import sys, pandas, mlflow
uri, rows, found = sys.argv[1:]
mlflow.pyfunc.load_model(uri).predict(pandas.read_pickle(rows)).to_pickle(found)
"""


@pytest.fixture(scope="module")
def number(platform: Platform, wine: bytes) -> int:
    """A version of the model in service."""
    route = platform.registry.route(MODEL)
    if route is None:
        assert platform.train(MODEL, wine).status is RunStatus.SUCCEEDED
        route = platform.registry.route(MODEL)
    return int(route.champion.number)


@pytest.mark.parametrize("form", ["bundle", "onnx", "mlflow"])
def test_the_version_in_service_is_exported_and_agrees(
    platform: Platform, number: int, state: Path, tmp_path: Path, form: str
) -> None:
    place = tmp_path / "export"
    told = answered(state, "export", MODEL, "--format", form, "--output", place)
    assert told["version"] == number
    assert told["checked"]["rows"] > 5
    rows, expected = golden(platform, MODEL)
    if form == "bundle":
        asked = json.dumps({"rows": rows})
        run = [sys.executable, "-I", "-S", str(place)]
        done = subprocess.run(run, input=asked, capture_output=True, text=True, timeout=60)
        found = json.loads(done.stdout)["predictions"]
        assert [one["prediction"] for one in found] == [one["value"] for one in expected]
    elif form == "onnx":
        session = onnxruntime.InferenceSession(place.read_bytes())
        names = [one.name for one in session.get_inputs()]
        fed = {name: [[row[name]] for row in rows] for name in names}
        (label,) = session.run(
            ["label"], {k: pd.DataFrame(v, dtype="f4").to_numpy() for k, v in fed.items()}
        )
        assert label.tolist() == [one["value"] for one in expected]
    else:
        assert yaml.safe_load((place / "MLmodel").read_text())["run_id"]


def test_mlflow_loads_the_version_from_its_uri_and_gives_the_same_answers(
    platform: Platform, number: int, state: Path, tmp_path: Path
) -> None:
    listed = answered(state, "versions", MODEL)
    (uri,) = [one["mlflow_uri"] for one in listed if one["number"] == number]
    rows, expected = golden(platform, MODEL)
    pd.DataFrame(rows).to_pickle(tmp_path / "rows")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_S3_ENDPOINT_URL": platform.emulator.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONWARNINGS": "ignore",
    }
    run = [sys.executable, "-c", _LOAD, uri, str(tmp_path / "rows"), str(tmp_path / "found")]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = pd.read_pickle(tmp_path / "found")
    assert found["prediction"].tolist() == [one["value"] for one in expected]
    for label, column in (
        (name.removeprefix("probability_"), found[name]) for name in found if name != "prediction"
    ):
        wanted = [one["probabilities"][label] for one in expected]  # type: ignore[index]
        assert column.tolist() == pytest.approx(wanted, abs=2.0**-23)


def test_the_run_is_told_in_mlflows_file_layout(platform: Platform, number: int) -> None:
    run_id = platform.registry.version(MODEL, number).run_id
    bucket, s3 = platform.outputs["DataBucketName"], platform.client("s3")

    def told() -> list[str]:
        found = s3.list_objects_v2(Bucket=bucket, Prefix="mlruns/").get("Contents", [])
        return [one["Key"] for one in found if f"/{run_id}/" in one["Key"]]

    keys = until(lambda: any(key.endswith("meta.yaml") for key in told()) and told(), "the run", 60)
    assert isinstance(keys, list)
    names = {key.split(f"/{run_id}/")[1] for key in keys}
    assert {"params/algorithm", "metrics/log_loss", "tags/perennial.receipt_digest"} <= names
