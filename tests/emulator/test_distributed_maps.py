"""Distributed Map states: items of a file or a list, batches, children, written results."""

import json
from typing import Any

import pytest

from tests.emulator.deploying import (
    Cloud,
    Stack,
    allow,
    attribute,
    eventually,
    function,
    ref,
    role,
)

SUM = "def handler(event, context): return sum(int(i['n']) for i in event['Items'])"
PICKY = """
import os, boto3
def handler(event, context):
    if event["n"] == 3:
        s3 = boto3.client("s3")
        s3.head_object(Bucket=os.environ["BUCKET"], Key="3")
    return {"n": event["n"]}
"""
ROWS = "n,word\n" + "".join(f"{n},w{n}\n" for n in range(10))


def machine(
    state: dict[str, Any], language: str, role_id: str = "May", called: str = "Sum"
) -> dict[str, object]:
    call: dict[str, Any] = {"Type": "Task", "Resource": f"${{{called}.Arn}}", "End": True}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Sum",
        "States": {"Sum": call},
    }
    map_state = {"Type": "Map", "ItemProcessor": processor, "End": True, **state}
    begin = {"Type": "Pass", "Next": "Map"}
    definition = {
        "QueryLanguage": language,
        "StartAt": "Begin",
        "States": {"Begin": begin, "Map": map_state},
    }
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": attribute(role_id, "Arn"),
            "DefinitionString": {"Fn::Sub": json.dumps(definition)},
        },
    }


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    csv = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": csv}
    where = {"Bucket": "${Bucket}", "Key": "rows.csv"}
    rows: dict[str, Any] = {
        "ItemReader": {**reader, "Arguments": where},
        "ItemBatcher": {"MaxItemsPerBatch": 3},
        "MaxConcurrency": 2,
    }
    written = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Arguments": {"Bucket": "${Bucket}", "Prefix": "{% 'results/' & $states.input.id %}"},
    }
    selected = {
        "Items": "{% $states.input.numbers %}",
        "ItemSelector": {"n": "{% $states.context.Map.Item.Value * 10 %}"},
        "ItemBatcher": {
            "MaxItemsPerBatch": "{% 1 + 1 %}",
            "BatchInput": {"of": "{% $states.input.id %}"},
        },
        "Output": "{% {'sums': $states.result} %}",
    }
    by_path = {
        "ItemReader": {**reader, "Parameters": where},
        "ItemBatcher": {"MaxItemsPerBatch": 5},
        "ResultPath": "$.sums",
    }
    picky = {
        "Items": "{% $states.input.numbers %}",
        "ItemSelector": {"n": "{% $states.context.Map.Item.Value %}"},
        "Output": "{% $states.result %}",
    }
    may = [
        allow("lambda:InvokeFunction", on=attribute("Sum", "Arn")),
        allow("s3:GetObject", "s3:PutObject"),
    ]
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "FunctionRole": role("lambda.amazonaws.com"),
        "Sum": function("FunctionRole", SUM, Timeout=20),
        "May": role("states.amazonaws.com", *may),
        "MayNotRead": role("states.amazonaws.com", may[0]),
        "Rows": machine(rows, "JSONata"),
        "Selected": machine(selected, "JSONata"),
        "Written": machine({**rows, "ResultWriter": written}, "JSONata"),
        "ByPath": machine(by_path, "JSONPath"),
        "NoRead": machine(rows, "JSONata", "MayNotRead"),
        "PickyRole": role("lambda.amazonaws.com", allow("s3:GetObject", "s3:ListBucket")),
        "PickySum": function(
            "PickyRole", PICKY, Timeout=20, Environment={"Variables": {"BUCKET": ref("Bucket")}}
        ),
        "MayPicky": role(
            "states.amazonaws.com", allow("lambda:InvokeFunction", on=attribute("PickySum", "Arn"))
        ),
        "Picky": machine(picky, "JSONata", "MayPicky", "PickySum"),
    }
    names = ("Bucket", "Rows", "Selected", "Written", "ByPath", "NoRead", "Picky")
    made = cloud.deploy(resources, {name: ref(name) for name in names})
    cloud.client("s3").put_object(Bucket=made["Bucket"], Key="rows.csv", Body=ROWS.encode())
    return made


def run(cloud: Cloud, machine_arn: str) -> dict[str, Any]:
    states = cloud.client("stepfunctions")
    given = json.dumps({"id": "a", "numbers": [1, 2, 3]})
    execution = states.start_execution(stateMachineArn=machine_arn, input=given)["executionArn"]

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    return eventually(look)


def test_rows_of_a_file_come_in_batches(cloud: Cloud, stack: Stack) -> None:
    ended = run(cloud, stack["Rows"])
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    assert json.loads(ended["output"]) == [0 + 1 + 2, 3 + 4 + 5, 6 + 7 + 8, 9]


def test_items_of_an_expression_are_selected_and_batched(cloud: Cloud, stack: Stack) -> None:
    assert json.loads(run(cloud, stack["Selected"])["output"]) == {"sums": [30, 30]}


def test_path_language_batches_too(cloud: Cloud, stack: Stack) -> None:
    assert json.loads(run(cloud, stack["ByPath"])["output"])["sums"] == [10, 35]


def test_results_are_written_beside_a_manifest(cloud: Cloud, stack: Stack) -> None:
    ended = run(cloud, stack["Written"])
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    details = json.loads(ended["output"])["ResultWriterDetails"]
    assert details["Key"].startswith("results/a/")
    s3 = cloud.client("s3")

    def read(key: str) -> Any:
        return json.loads(s3.get_object(Bucket=details["Bucket"], Key=key)["Body"].read())

    (file,) = read(details["Key"])["ResultFiles"]["SUCCEEDED"]
    children = read(file["Key"])
    assert sorted(int(child["Output"]) for child in children) == [3, 9, 12, 21]


def test_file_is_read_only_with_the_right_to(cloud: Cloud, stack: Stack) -> None:
    ended = run(cloud, stack["NoRead"])
    assert ended["status"] == "FAILED"
    assert "s3:GetObject" in ended["cause"]


def test_a_redriven_map_runs_only_the_children_that_failed(cloud: Cloud, stack: Stack) -> None:
    """The third item is refused until its object is there; the others ran once, for good."""
    states, s3 = cloud.client("stepfunctions"), cloud.client("s3")
    ended = run(cloud, stack["Picky"])
    assert ended["status"] == "FAILED"
    assert ended["redriveStatus"] == "REDRIVABLE"
    (before,) = states.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    s3.put_object(Bucket=stack["Bucket"], Key="3", Body=b"")
    states.redrive_execution(executionArn=ended["executionArn"])

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=ended["executionArn"])
        return found if found["status"] != "RUNNING" else None

    again = eventually(look)
    assert again["status"] == "SUCCEEDED", again.get("cause")
    assert again["redriveCount"] == 1
    first, second, third = json.loads(again["output"])
    assert (first["n"], second["n"], third["n"]) == (1, 2, 3)
    (after,) = states.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    assert after["mapRunArn"] == before["mapRunArn"]
    told = states.describe_map_run(mapRunArn=after["mapRunArn"])
    assert told["itemCounts"]["succeeded"] == told["itemCounts"]["total"] == 3
    assert told["redriveCount"] == 1
    children = states.list_executions(mapRunArn=after["mapRunArn"])["executions"]
    begun = sorted(child["startDate"] for child in children)
    assert begun[-1] > again["startDate"]
    assert len(children) == 3
    kinds = [
        e["type"]
        for e in states.get_execution_history(executionArn=ended["executionArn"])["events"]
    ]
    assert kinds.count("PassStateEntered") == 1
    assert kinds.count("ExecutionRedriven") == 1
    with pytest.raises(states.exceptions.ExecutionNotRedrivable):
        states.redrive_execution(executionArn=ended["executionArn"])


def test_a_part_of_an_older_version_is_read(cloud: Cloud, stack: Stack) -> None:
    s3, bucket = cloud.client("s3"), stack["Bucket"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="v", Body=b"0123456789")["VersionId"]
    s3.put_object(Bucket=bucket, Key="v", Body=b"other")
    part = s3.get_object(Bucket=bucket, Key="v", VersionId=version, Range="bytes=2-4")
    assert part["Body"].read() == b"234"
    assert part["ContentRange"] == "bytes 2-4/10"
    with pytest.raises(s3.exceptions.ClientError, match=r"InvalidRange|416"):
        s3.get_object(Bucket=bucket, Key="v", VersionId=version, Range="bytes=10-12")
