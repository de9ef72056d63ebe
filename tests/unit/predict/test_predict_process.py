"""The handler in a fresh process, with a real artifact behind real sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.capture.queue_double import FUNCTION, answer, queue_double
from tests.unit.predict.artifacts import artifact
from tests.unit.predict.fakes import EVENTS
from tests.unit.serving.aws_double import Aws, aws_double

ROOT = Path(__file__).parents[3]
SOURCES = [ROOT / "functions" / "predict", ROOT / "layers" / "perennial" / "python"]
# Each of them costs a cold start more than everything this function does.
TOO_HEAVY = {
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "dataclasses_json",
    "numpy",
    "orjson",
    "pandas",
    "pyarrow",
    "pydantic",
    "requests",
    "scipy",
    "sklearn",
    "urllib3",
    "xgboost",
}
# Parts of the standard library that are not needed and cost 5 ms or more each.
UNWANTED = {
    "asyncio",
    "dataclasses",
    "email",
    "http.client",
    "inspect",
    "urllib.request",
    "zipfile",
}
ANSWER = """
import json, sys
sys.path[:0] = {sources!r}
import handler
event = json.load(open({event!r}))
body = {{"rows": [{{"age": 41, "job": "admin.", "balance": 1.5}}]}}
event["body"] = json.dumps(body)
response = handler.handler(event, None)
sys.stderr.write(json.dumps({{"response": response, "modules": sorted(sys.modules)}}))
"""

SHADOW_SOURCES = [ROOT / "functions" / "shadow", ROOT / "layers" / "perennial" / "python"]
SHADOW = """
import json, sys
sys.path[:0] = {sources!r}
import handler
assert handler.handler(json.loads({event!r}), None) is None
sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with aws_double() as double:
        yield double


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    (tmp_path / "bank.json").write_text("{}")
    return tmp_path


# What only a rollout needs; every other cold start does without.
OF_ROLLOUTS = {
    "perennial.adapters.lean_events",
    "perennial.serving.dividing",
    "perennial.serving.entities",
    "perennial.serving.shadow",
    "perennial.serving.shadowing",
    "perennial.serving.split",
}


def answered(
    aws: Aws, specs: Path, *, damaged: bool = False, beside: str = "", **variables: str
) -> dict[str, Any]:
    """What a fresh process answers, and the modules it has loaded then."""
    data, digest = artifact()
    aws.put_artifact("bank", digest, data)
    if damaged:
        aws.put_artifact("bank", "0" * 64, data)
        aws.put_route("bank", 4, "0" * 64, before=digest)
    else:
        aws.put_route("bank", 3, digest, beside=beside)
    script = ANSWER.format(
        sources=[str(path) for path in SOURCES], event=str(EVENTS / "rest-predict.json")
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            **aws.environment,
            "PERENNIAL_SPECS": str(specs),
            "PATH": os.environ["PATH"],
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stderr)
    found["lines"] = [json.loads(line) for line in done.stdout.splitlines()]
    return found


def test_a_fresh_process_answers_from_table_and_bucket(aws: Aws, specs: Path) -> None:
    found = answered(aws, specs)
    response = found["response"]
    assert response["statusCode"] == 200
    body = json.loads(response["body"])
    assert (body["model"], body["version"]) == ("bank", 3)
    assert body["predictions"][0]["prediction"] == "yes"
    assert [line["message"] for line in found["lines"]] == ["version loaded", "request answered"]
    assert len(aws.requests) == 2


def test_a_fresh_process_answers_with_the_version_before_a_damaged_one(
    aws: Aws, specs: Path
) -> None:
    found = answered(aws, specs, damaged=True)
    assert found["response"]["statusCode"] == 200
    assert json.loads(found["response"]["body"])["version"] == 3
    failure = next(line for line in found["lines"] if line["message"] == "version cannot be loaded")
    assert (failure["model"], failure["version"], failure["LoadFailures"]) == ("bank", 4, 1)
    (directive,) = failure["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Perennial"
    assert directive["Dimensions"] == [[], ["model"]]
    assert directive["Metrics"] == [{"Name": "LoadFailures", "Unit": "Count"}]


def test_the_predict_process_stays_light(aws: Aws, specs: Path) -> None:
    found = answered(aws, specs)
    assert found["response"]["statusCode"] == 200
    modules = set(found["modules"])
    assert "perennial.serving.engine" in modules
    assert not {name.partition(".")[0] for name in modules} & TOO_HEAVY
    assert not modules & UNWANTED
    assert not modules & OF_ROLLOUTS


def test_a_fresh_process_finds_the_challenger_and_stays_light(aws: Aws, specs: Path) -> None:
    found = answered(aws, specs, beside="challenger")
    assert found["response"]["statusCode"] == 200
    assert json.loads(found["response"]["body"])["version"] == 4
    assert found["lines"][-1]["version"] == "4"
    modules = set(found["modules"])
    assert modules & OF_ROLLOUTS == {"perennial.serving.dividing", "perennial.serving.split"}
    assert not {name.partition(".")[0] for name in modules} & TOO_HEAVY
    assert not modules & UNWANTED


def test_a_fresh_process_hands_its_request_over_to_the_shadow(aws: Aws, specs: Path) -> None:
    """And another one answers it."""
    with queue_double() as events:
        events.behaviours = [answer(202, "")]
        found = answered(
            aws,
            specs,
            beside="shadow",
            PERENNIAL_SHADOW_FUNCTION=FUNCTION,
            AWS_ENDPOINT_URL_LAMBDA=events.environment["AWS_ENDPOINT_URL_LAMBDA"],
        )
        assert json.loads(found["response"]["body"])["version"] == 3
        (event,) = events.wait_for(1)
    script = SHADOW.format(sources=[str(path) for path in SHADOW_SOURCES], event=event)
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**aws.environment, "PERENNIAL_SPECS": str(specs), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    line = json.loads(done.stdout.splitlines()[-1])
    assert (line["version"], line["Requests"], line["Errors"], line["Rows"]) == ("4", 1, 0, 1)
    assert line["request_id"] == found["lines"][-1]["request_id"]
    modules = set(json.loads(done.stderr))
    assert not {name.partition(".")[0] for name in modules} & TOO_HEAVY
    assert not modules & UNWANTED


def test_every_event_of_the_gateway_is_answered(
    aws: Aws, specs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, so that coverage sees the wiring."""
    import functions.predict.handler as subject

    data, digest = artifact()
    aws.put_artifact("bank", digest, data)
    aws.put_route("bank", 3, digest)
    for name, value in {**aws.environment, "PERENNIAL_SPECS": str(specs)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(subject, "_endpoint", None)
    event = json.loads((EVENTS / "rest-predict.json").read_text("utf-8"))
    rows = [
        {"age": 41, "job": "admin.", "balance": None},
        {"age": 20, "job": "student", "balance": 2},
    ]
    response = subject.handler({**event, "body": json.dumps({"rows": rows})}, None)
    assert response["statusCode"] == 200
    for wrong in ({"age": None}, {"job": "pilot"}, {"age": 7}, {"balance": "1"}, {"extra": 1}):
        row = {"age": 41, "job": "admin.", "balance": 1.5} | wrong
        response = subject.handler({**event, "body": json.dumps({"rows": [row]})}, None)
        assert response["statusCode"] == 422
