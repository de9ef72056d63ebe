"""The functions around training, from the events AWS sends to what is in the table."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws
from perennial.adapters import aws
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3 import S3ObjectStore
from perennial.errors import MissingSetting, RequestError, UnknownModel
from perennial.registry import receipt as receipts
from perennial.registry.intake import run_id_of
from perennial.registry.records import RunStatus, SourceObject
from perennial.serving.artifact import digest_of

from functions.conclude import handler as conclude
from functions.evaluate import handler as evaluate
from functions.register import handler as register
from functions.route import handler as route
from functions.trigger import handler as trigger
from tests.unit.adapters.conftest import REGION, TABLE, create_table
from tests.unit.evaluation.scenario import COUNTS, GOOD, a_scenario, a_spec, binary_holdout

EVENTS = Path(__file__).parent / "events"
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:train"
MODULES: tuple[ModuleType, ...] = (trigger, evaluate, register, route, conclude)


def uploaded(key: str = "incoming/bank/jan.csv", version: str = "v1") -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "s3-object-created.json").read_text())
    event["detail"]["object"] |= {"key": key, "version-id": version}
    return event


def run_id(version: str = "v1", key: str = "incoming/bank/jan.csv") -> str:
    return run_id_of(SourceObject("data", key, version, "", 0))


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DynamoRegistry]:
    """Everything the functions need, in memory; `bank` is deployed."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    spec = a_spec("binary", name="bank")
    (tmp_path / "bank.json").write_text(spec.model_dump_json())
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "PERENNIAL_TABLE": TABLE,
        "PERENNIAL_ARTIFACT_BUCKET": "artifacts",
        "PERENNIAL_STATE_MACHINE": MACHINE,
        "PERENNIAL_SPECS": str(tmp_path),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        create_table(boto3.client("dynamodb"))
        boto3.client("stepfunctions").create_state_machine(
            name="train",
            definition='{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
            roleArn="arn:aws:iam::123456789012:role/train",
        )
        for bucket in ("data", "artifacts"):
            boto3.client("s3").create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        forget_clients()
        yield DynamoRegistry(TABLE)
    forget_clients()


def forget_clients() -> None:
    aws.client.cache_clear()
    for module in MODULES:
        for name in ("ports", "registry"):
            if hasattr(module, name):
                getattr(module, name).cache_clear()


def status(registry: DynamoRegistry, version: str = "v1") -> RunStatus:
    run = registry.run("bank", run_id(version))
    assert run is not None
    return run.status


def test_an_upload_starts_one_execution_named_after_the_run(registry: DynamoRegistry) -> None:
    answers = [trigger.handler(uploaded(), None) for _ in range(5)]
    assert [answer["outcome"] for answer in answers] == ["ACCEPTED", *["KNOWN"] * 4]
    found = boto3.client("stepfunctions").list_executions(stateMachineArn=MACHINE)
    assert [execution["name"] for execution in found["executions"]] == [run_id()]
    run = registry.run("bank", run_id())
    assert run is not None
    assert run.source == SourceObject(
        "data", "incoming/bank/jan.csv", "v1", "b1946ac92492d2347c6235b4d2611184", 184
    )
    assert (run.trigger, run.created_by) == ("upload", "123456789012")


def test_a_notification_in_the_queue_starts_a_run_and_says_who_brought_the_data(
    registry: DynamoRegistry,
) -> None:
    body = (EVENTS / "s3-notification.json").read_text()
    answer = trigger.handler({"Records": [{"messageId": "1", "body": body}]}, None)
    run = registry.run("bank", answer["run_id"])
    assert run is not None
    assert (answer["outcome"], run.trigger) == ("ACCEPTED", "upload")
    assert run.created_by == "AROAEXAMPLEEXAMPLE01:ada"


@pytest.mark.parametrize("key", ["incoming/bank/a b+c%20é.csv", "incoming/bank/a%2Fb.csv"])
def test_the_key_of_an_event_is_taken_as_it_is(registry: DynamoRegistry, key: str) -> None:
    """EventBridge does not URL-encode keys, unlike S3's own notifications."""
    trigger.handler(uploaded(key), None)
    run = registry.run("bank", run_id(key=key))
    assert run is not None
    assert run.source.key == key


def test_an_upload_to_an_unknown_model_is_logged_and_counted_and_nothing_else(
    registry: DynamoRegistry,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = trigger.handler(uploaded("incoming/zoo/jan.csv"), None)
    assert answer["outcome"] == "UNKNOWN_MODEL"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(line.get("UnknownModelUpload") == [1.0] for line in lines)
    assert [record.__dict__["key"] for record in caplog.records] == ["incoming/zoo/jan.csv"]
    assert registry.runs("zoo") == []


def test_a_folder_marker_is_no_upload(registry: DynamoRegistry) -> None:
    assert trigger.handler(uploaded("incoming/bank/"), None) == {"outcome": "IGNORED"}


def test_a_bucket_without_versions_is_refused(registry: DynamoRegistry) -> None:
    event = uploaded()
    del event["detail"]["object"]["version-id"]
    with pytest.raises(MissingSetting, match="keeps no versions"):
        trigger.handler(event, None)


def asked(**given: Any) -> dict[str, Any]:
    source = {"bucket": "data", "key": "k", "version_id": "v", "etag": "e", "size": 1}
    return {"model": "bank", "source": source, "trigger": "api", "by": "carol"} | given


def test_a_direct_call_starts_a_run_too(registry: DynamoRegistry) -> None:
    answer = trigger.handler(asked(), None)
    run = registry.run("bank", answer["run_id"])
    assert run is not None
    assert (run.status, run.trigger, run.created_by) == (RunStatus.RUNNING, "api", "carol")


def test_a_direct_call_for_an_unknown_model_fails(registry: DynamoRegistry) -> None:
    with pytest.raises(UnknownModel):
        trigger.handler(asked(model="zoo"), None)


def test_the_end_of_a_run_starts_the_next(registry: DynamoRegistry) -> None:
    trigger.handler(uploaded(version="v1"), None)
    trigger.handler(uploaded(version="v2"), None)
    assert status(registry, "v2") is RunStatus.QUEUED
    ended = {"model": "bank", "run_id": run_id(), "status": "REJECTED", "reason": "line 3"}
    answer = conclude.handler(ended, None)
    assert answer == {"status": "REJECTED", "started": run_id("v2")}
    assert status(registry, "v2") is RunStatus.RUNNING


def test_a_candidate_kept_out_by_a_gate_leaves_its_metrics(registry: DynamoRegistry) -> None:
    trigger.handler(uploaded(), None)
    ended = {
        "model": "bank",
        "run_id": run_id(),
        "status": "GATED",
        "reason": "roc_auc 0.6 < 0.9",
        "metrics": {"roc_auc": 0.6},
    }
    assert conclude.handler(ended, None)["status"] == "GATED"
    run = registry.run("bank", run_id())
    assert run is not None
    assert (run.reason, run.metrics) == ("roc_auc 0.6 < 0.9", {"roc_auc": 0.6})


def cut_off(**given: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "execution-status-change.json").read_text())
    event = copy.deepcopy(event)
    event["detail"] |= {"input": json.dumps({"model": "bank", "run_id": run_id()})} | given
    return event


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            {"status": "FAILED", "error": "Unavailable", "cause": "S3 did not answer"},
            "the workflow ended FAILED: Unavailable: S3 did not answer",
        ),
        ({"status": "TIMED_OUT", "error": None}, "the workflow ended TIMED_OUT"),
        ({"status": "ABORTED"}, "the workflow ended ABORTED"),
    ],
)
def test_a_run_whose_workflow_was_cut_off_ends_failed(
    registry: DynamoRegistry, given: dict[str, Any], reason: str
) -> None:
    trigger.handler(uploaded(), None)
    assert conclude.handler(cut_off(**given), None)["status"] == "FAILED"
    run = registry.run("bank", run_id())
    assert run is not None
    assert run.reason == reason


def test_a_cut_off_workflow_that_does_not_say_its_input_is_refused(
    registry: DynamoRegistry,
) -> None:
    with pytest.raises(RequestError, match="without its input"):
        conclude.handler(cut_off(input=None), None)


def test_the_end_of_a_run_nobody_knows_is_logged(
    registry: DynamoRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    ended = {"model": "bank", "run_id": "nobody", "status": "FAILED"}
    assert conclude.handler(ended, None) == {"status": None, "started": None}
    assert "not in the registry" in caplog.text


def test_a_run_end_is_counted_once(
    registry: DynamoRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    trigger.handler(uploaded(), None)
    ended = {"model": "bank", "run_id": run_id(), "status": "FAILED", "seconds": {"train": 2}}
    for _ in range(2):
        conclude.handler(ended, None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len([line for line in lines if "RunsEnded" in line]) == 1
    assert [line["StepSeconds"] for line in lines if "StepSeconds" in line] == [[2.0]]


def test_from_a_candidate_to_a_version_in_service(
    registry: DynamoRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger.handler(uploaded(), None)
    prefix = f"s3://data/runs/bank/{run_id()}/"
    leave_candidate(prefix)
    monkeypatch.setattr(evaluate, "load_scorer", lambda data, digest: GOOD)
    event = {"model": "bank", "run_id": run_id(), "run_uri": prefix, "by": "alice"}

    answer = evaluate.handler(event, None)
    assert answer["outcome"] == "PASSED"
    assert answer["report_uri"] == prefix + "evaluation.html"

    registered = [register.handler(event, None) for _ in range(2)]
    assert registered[0] == registered[1]
    digest = registered[0]["artifact_digest"]
    assert registered[0] == {
        "version": 1,
        "artifact_digest": digest,
        "artifact_uri": f"s3://artifacts/artifacts/bank/{digest}.zip",
    }
    assert S3ObjectStore().read(registered[0]["artifact_uri"]) == b"candidate"

    served = [route.handler(event | {"version": 1}, None) for _ in range(2)]
    assert served == [{"revision": 1, "champion": 1}] * 2
    assert status(registry) is RunStatus.RUNNING

    conclude.handler({"model": "bank", "run_id": run_id(), "status": "SUCCEEDED"}, None)
    assert status(registry) is RunStatus.SUCCEEDED


def leave_candidate(prefix: str) -> None:
    """What the training of run would have left, in S3."""
    scenario = a_scenario(a_spec("binary", name="bank"), binary_holdout(), COUNTS, GOOD)
    store = S3ObjectStore()
    for name in ("candidate.zip", "holdout.parquet"):
        store.write(prefix + name, scenario.store.read(f"s3://data/runs/m/r/{name}"), "x/y")
    changes = {
        "job.json": {"model": "bank", "run_id": run_id()},
        "training.json": {"artifact_digest": hashlib.sha256(b"candidate").hexdigest()},
    }
    for name, change in changes.items():
        document = json.loads(scenario.store.read(f"s3://data/runs/m/r/{name}")) | change
        store.write(prefix + name, json.dumps(document).encode(), "application/json")
    job = json.loads(store.read(prefix + "job.json"))
    went_in = {
        "run_id": run_id(),
        "dataset_digest": job["dataset"]["digest"],
        "spec_digest": job["spec_digest"],
    }
    receipt = went_in | {"digest": receipts.digest_of(went_in)}
    store.write(prefix + "receipt.json", json.dumps(receipt).encode(), "application/json")
    assert digest_of(b"candidate") == changes["training.json"]["artifact_digest"]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_importing_a_function_reads_no_setting_and_makes_no_client(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_clients()
    monkeypatch.delenv("PERENNIAL_TABLE", raising=False)
    event = {"model": "bank", "run_id": "a", "run_uri": "s3://data/r/", "version": 1}
    full = event | {"status": "FAILED"} | asked()
    with pytest.raises((MissingSetting, UnknownModel)):
        module.handler(full, None)
