"""Two pipelines of a user, on a deployment of their own: one is folded, one is kept as it is.

The deployment all other journeys share has no pipeline, and so none of what these need.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from perennial.registry.layout import split_uri
from perennial.registry.records import RunStatus

from emulator import control
from tests.e2e.platform import Platform
from tests.e2e.test_journey import golden
from tests.e2e.test_scoring import Scorings

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "pipelines"
FOLDED, KEPT = "churn", "churn-similar"
# Like `perennial up`, with other specs than those of the checkout.
BRING_UP = """\
import sys
from pathlib import Path
from cli import local
from cli.project import Project
from cli.steps import Steps
from cli.target import on_emulator

root, state = map(Path, sys.argv[1:])
project = Project(root, state)
with Steps() as steps, local.emulator_of(project, steps, stay=True) as (emulator, _):
    local.bring_up(project, on_emulator(emulator), steps)
"""


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The checkout with the specs of `examples/pipelines`, deployed."""
    root, state = (tmp_path_factory.mktemp(name) for name in ("project", "pipelines"))
    for path in ROOT.iterdir():
        if path.name not in ("build", "cdk.out", "models"):
            (root / path.name).symlink_to(path)
    (root / "models").symlink_to(EXAMPLES)
    (root / "build").mkdir()
    (ROOT / "build" / "layers").mkdir(parents=True, exist_ok=True)
    (root / "build" / "layers").symlink_to(ROOT / "build" / "layers")
    done = subprocess.run(
        [sys.executable, "-c", BRING_UP, str(root), str(state)],
        env=os.environ | {"PERENNIAL_STATE": str(state)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    emulator = control.running(state)
    assert emulator is not None
    deployed = Platform(emulator)
    deployed.read_outputs()
    yield deployed
    emulator.stop()


def customers(seed: int = 0, count: int = 400) -> bytes:
    """A training file of both models."""
    draw = np.random.default_rng(seed)
    lines = ["tenure,spend,plan,autopay,left"]
    for _ in range(count):
        tenure, spend = int(draw.integers(0, 72)), round(float(draw.gamma(3, 20)), 2)
        plan, autopay = str(draw.choice(["basic", "plus", "all in"])), bool(draw.random() < 0.5)
        odds = 1.5 - 0.06 * tenure + 0.02 * spend - 1.2 * autopay + draw.normal()
        shown = "" if draw.random() < 0.1 else spend
        left = "yes" if odds > 0 else "no"
        lines.append(f"{tenure},{shown},{plan},{str(autopay).lower()},{left}")
    return "\n".join(lines).encode()


def manifest(platform: Platform, model: str) -> dict[str, Any]:
    """What the version in service says of itself."""
    bucket, key = split_uri(platform.registry.route(model).champion.artifact_uri)
    body = platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    document: dict[str, Any] = json.loads(zipfile.ZipFile(io.BytesIO(body)).read("artifact.json"))
    return document


@pytest.fixture(scope="module", params=[FOLDED, KEPT])
def trained(request: pytest.FixtureRequest, pipelines: Platform) -> tuple[Platform, str]:
    model = str(request.param)
    run = pipelines.train(model, customers())
    assert run.status is RunStatus.SUCCEEDED, run.reason
    return pipelines, model


def test_the_endpoint_answers_as_the_pipeline_did_in_training(
    trained: tuple[Platform, str],
) -> None:
    platform, model = trained
    rows, expected = golden(platform, model)
    answer = platform.call(f"/v1/models/{model}/predict", {"rows": rows})
    assert answer.status == 200, answer.body
    for prediction, wanted in zip(answer.body["predictions"], expected, strict=True):
        assert prediction["prediction"] == wanted["value"]
        assert prediction["probabilities"] == wanted["probabilities"]


def test_only_what_cannot_be_folded_needs_the_function_for_pipelines(
    trained: tuple[Platform, str],
) -> None:
    platform, model = trained
    engine = manifest(platform, model)["engine"]
    if model == FOLDED:
        assert engine["kind"] == "forest"
    else:
        assert engine["kind"] == "pipeline"
        assert engine["reason"] == "it has a SpentSoFar"


def test_a_row_that_does_not_fit_is_refused_by_both_alike(trained: tuple[Platform, str]) -> None:
    platform, model = trained
    wrong = {"tenure": -1, "spend": 3.5, "plan": "none of them", "autopay": True}
    answer = platform.predict(model, wrong)
    assert answer.status == 422
    assert answer.body["errors"] == [{"row": 0, "field": "tenure", "reason": "must be at least 0"}]


def test_other_protocols_reach_a_pipeline_too(trained: tuple[Platform, str]) -> None:
    platform, model = trained
    rows, expected = golden(platform, model)
    answer = platform.call(f"/v1/models/{model}/invocations", {"dataframe_records": rows})
    assert answer.status == 200, answer.body
    assert len(answer.body["predictions"]) == len(expected)
    described = platform.call(f"/v2/models/{model}")
    assert described.status == 200
    assert described.body["name"] == model


def test_a_pipeline_infers_like_any_other_model(trained: tuple[Platform, str]) -> None:
    platform, model = trained
    rows, expected = golden(platform, model)
    metadata = platform.call(f"/v2/models/{model}").body
    tensors = [
        {**one, "shape": [len(rows), 1], "data": [row.get(one["name"]) for row in rows]}
        for one in metadata["inputs"]
    ]
    (version,) = metadata["versions"]
    for path in (f"/v2/models/{model}/infer", f"/v2/models/{model}/versions/{version}/infer"):
        answer = platform.call(path, {"inputs": tensors})
        assert answer.status == 200, answer.body
        labels, probabilities = (output["data"] for output in answer.body["outputs"])
        assert labels == [one["value"] for one in expected]
        wanted: list[Any] = [one["probabilities"] for one in expected]
        assert probabilities == [each for row in wanted for each in row.values()]
    assert platform.call(f"/v2/models/{model}/ready").body["ready"] is True
    assert platform.call(f"/v2/models/{model}/versions/99/infer", {"inputs": tensors}).status == 404


def test_frames_of_mlflow_are_answered_with_probabilities_too(
    trained: tuple[Platform, str],
) -> None:
    platform, model = trained
    rows, expected = golden(platform, model)
    body = {"dataframe_records": rows, "params": {"probabilities": True}}
    answer = platform.call(f"/v1/models/{model}/invocations", body)
    assert answer.body["predictions"] == [one["probabilities"] for one in expected]


def test_a_file_is_scored_with_the_answers_of_the_endpoint(trained: tuple[Platform, str]) -> None:
    platform, model = trained
    lines = customers(seed=5, count=900).decode().split("\n")
    body = "\n".join([*lines[:500], "-1,3,basic,true,no", *lines[500:]])
    made = Scorings(platform).score("customers.csv", body.encode(), model=model)
    assert made["status"] == "PARTIAL", made["reason"]
    assert made["counts"]["chunks"] > 1
    assert (made["counts"]["scored"], made["counts"]["rejected"]) == (900, 1)
    found = Scorings(platform).table("customers.csv", "predictions.csv", model)
    asked = [as_sent(line) for line in lines[1:41]]
    answer = platform.predict(model, *asked)
    assert answer.status == 200, answer.body
    for row, wanted in zip(found, answer.body["predictions"], strict=False):
        assert row["prediction"] == wanted["prediction"]
        for label, probability in wanted["probabilities"].items():
            assert float(row[f"probability_{label}"]) == probability
    (left,) = Scorings(platform).table("customers.csv", "rejected.csv", model)
    assert (left["row"], left["reasons"]) == ("500", "tenure must be at least 0")


def as_sent(line: str) -> dict[str, object]:
    """A line of the file as a row of a request."""
    tenure, spend, plan, autopay, _ = line.split(",")
    paid = float(spend) if spend else None
    return {"tenure": int(tenure), "spend": paid, "plan": plan, "autopay": autopay == "true"}


def test_a_second_version_is_compared_with_the_one_in_service(
    trained: tuple[Platform, str],
) -> None:
    platform, model = trained
    run = platform.train(model, customers(seed=1), "more.csv")
    assert run.status is RunStatus.SUCCEEDED, run.reason
    body = platform.client("s3").get_object(
        Bucket=platform.outputs["DataBucketName"],
        Key=f"runs/{model}/{run.run_id}/evaluation.json",
    )["Body"]
    evaluation = json.loads(body.read())
    assert evaluation["champion"], evaluation["champion_note"]
