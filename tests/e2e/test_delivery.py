"""Events come twice, late and together; each object version trains once."""

from __future__ import annotations

import json
from datetime import datetime

from perennial.registry.records import RunStatus

from tests.e2e.platform import Platform


def test_an_event_delivered_five_times_starts_one_run(platform: Platform, wine: bytes) -> None:
    run_id = platform.upload("wine", wine, "five.csv")
    run = platform.registry.run("wine", run_id)
    bucket = platform.outputs["DataBucketName"]
    head = platform.client("s3").head_object(Bucket=bucket, Key="incoming/wine/five.csv")
    event = {
        "version": "0",
        "id": "a-second-delivery",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {
                "key": "incoming/wine/five.csv",
                "size": len(wine),
                "etag": head["ETag"].strip('"'),
                "version-id": head["VersionId"],
                "sequencer": "0",
            },
            "request-id": "r",
            "requester": "000000000000",
            "source-ip-address": "127.0.0.1",
            "reason": "PutObject",
        },
    }
    for _ in range(4):
        answer = platform.client("lambda").invoke(
            FunctionName="perennial-trigger", Payload=json.dumps(event).encode()
        )
        assert "FunctionError" not in answer, answer["Payload"].read()

    run = platform.finished("wine", run_id)

    assert run.status is RunStatus.SUCCEEDED, run.reason
    same = [r for r in platform.registry.runs("wine") if r.source.key.endswith("five.csv")]
    assert len(same) == 1
    made = [v for v in platform.registry.versions("wine") if v.run_id == run_id]
    assert len(made) == 1


def entered(platform: Platform, execution: str, state: str) -> datetime:
    """When an execution came to a state."""
    pages = (
        platform.client("stepfunctions")
        .get_paginator("get_execution_history")
        .paginate(executionArn=execution)
    )
    moment: datetime = next(
        event["timestamp"]
        for page in pages
        for event in page["events"]
        if event.get("stateEnteredEventDetails", {}).get("name") == state
    )
    return moment


def test_two_uploads_at_once_train_one_after_the_other(platform: Platform, wine: bytes) -> None:
    first = platform.upload("wine", wine, "first.csv")
    second = platform.upload("wine", wine + b"\n", "second.csv")
    ended = [platform.finished("wine", run_id) for run_id in (first, second)]
    assert [run.status for run in ended] == [RunStatus.SUCCEEDED] * 2, [r.reason for r in ended]
    executions = {
        e["name"]: e
        for e in platform.client("stepfunctions").list_executions(
            stateMachineArn=platform.outputs["StateMachineArn"]
        )["executions"]
    }
    one, other = sorted((executions[first], executions[second]), key=lambda e: e["startDate"])
    # The successor is started by the state that ends the run before it; its proof may still go on.
    assert entered(platform, one["executionArn"], "ConcludeRun") <= other["startDate"]
    assert ended[0].version != ended[1].version
