"""Lambda functions behave as on AWS: errors, logs, limits, modules, metrics."""

import base64
import json
from typing import Any

import pytest

from tests.emulator.deploying import (
    Cloud,
    Stack,
    archive,
    attribute,
    eventually,
    function,
    ref,
    role,
)

SOURCE = """
import json, os, sys, time

calls = 0

class NotToday(Exception):
    pass

def handler(event, context):
    global calls
    calls += 1
    do = event.get("do")
    if do == "raise":
        raise NotToday("come back tomorrow")
    if do == "sleep":
        print("going to sleep")
        time.sleep(30)
    if do == "eat":
        eaten = os.urandom(1024) * 1024 * 256
        time.sleep(0.5)
    if do == "import":
        __import__(event["module"])
    if do == "marshal":
        return {1, 2}
    if do == "print":
        for number in range(50):
            print("line", number)
        os.write(1, b"from below python\\n")
    if do == "who":
        import boto3
        return boto3.client("sts").get_caller_identity()["Arn"]
    if do == "layer":
        import shared
        return [shared.WORD, shared.__file__]
    if do == "read":
        return open(os.environ["BESIDE"]).read()
    if do == "put":
        import boto3
        boto3.client("s3").put_object(Bucket=event["bucket"], Key="key", Body=b"")
    return {"calls": calls, "environment": dict(os.environ)}
"""


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    layer = archive({"python/shared.py": "WORD = 'from the layer'", "lib/beside.txt": "beside"})
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="function-layers")
    s3.put_object(Bucket="function-layers", Key="layer.zip", Body=layer)
    settings: dict[str, Any] = {
        "Timeout": 20,
        "MemorySize": 192,
        "Environment": {"Variables": {"MODE": "test", "BESIDE": "/opt/lib/beside.txt"}},
        "Layers": [ref("Layer")],
    }
    resources = {
        "Role": role("lambda.amazonaws.com"),
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Logs": {"Type": "AWS::Logs::LogGroup"},
        "Layer": {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {"Content": {"S3Bucket": "function-layers", "S3Key": "layer.zip"}},
        },
        "First": function("Role", SOURCE, **settings),
        "Second": function("Role", SOURCE, LoggingConfig={"LogGroup": ref("Logs")}, **settings),
        "Slow": function("Role", SOURCE, Timeout=1),
        "Broken": function("Role", "import not_there\ndef handler(e, c): pass"),
    }
    names = ("First", "Second", "Slow", "Broken", "Logs", "Bucket")
    return cloud.deploy(
        resources, {**{n: ref(n) for n in names}, "RoleArn": attribute("Role", "Arn")}
    )


class Function:
    """Calls one function."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.client = cloud.client("lambda")
        self.name = name

    def __call__(self, do: str = "", **event: object) -> Any:
        answer = self.client.invoke(
            FunctionName=self.name, Payload=json.dumps({"do": do, **event}), LogType="Tail"
        )
        self.failed = "FunctionError" in answer
        self.tail = base64.b64decode(answer.get("LogResult", "")).decode()
        return json.loads(answer["Payload"].read())


@pytest.fixture
def call(cloud: Cloud, stack: Stack) -> Function:
    return Function(cloud, stack["First"])


def test_raised_error_is_named_after_its_class(call: Function) -> None:
    error = call("raise")
    assert call.failed
    assert (error["errorType"], error["errorMessage"]) == ("NotToday", "come back tomorrow")
    assert "in handler" in error["stackTrace"][0]


def test_worker_stays_warm_after_an_error(call: Function) -> None:
    before = call()["calls"]
    call("raise")
    assert call()["calls"] == before + 2


def test_function_over_its_time_is_ended(cloud: Cloud, stack: Stack) -> None:
    error = Function(cloud, stack["Slow"])("sleep")
    assert error["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in error["errorMessage"]


def test_function_over_its_memory_is_killed(call: Function) -> None:
    assert call("eat")["errorType"] == "Runtime.ExitError"


def test_result_that_is_not_json_is_a_marshal_error(call: Function) -> None:
    assert call("marshal")["errorType"] == "Runtime.MarshalError"


def test_function_that_cannot_be_imported_says_so(cloud: Cloud, stack: Stack) -> None:
    error = Function(cloud, stack["Broken"])()
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert "not_there" in error["errorMessage"]


@pytest.mark.parametrize("module", ["emulator", "ministack", "numpy", "pytest", "perennial"])
def test_function_has_only_the_modules_of_its_runtime(call: Function, module: str) -> None:
    assert call("import", module=module)["errorType"] == "ModuleNotFoundError"


def test_function_sees_its_variables_and_none_of_the_servers(call: Function) -> None:
    seen = call()["environment"]
    assert seen["MODE"] == "test"
    assert not {"AUTH", "STATE_DIR", "LOG_LEVEL", "GATEWAY_PORT"} & seen.keys()


def test_function_acts_as_its_role(cloud: Cloud, call: Function, stack: Stack) -> None:
    assert call("who").split("/")[1] == stack["RoleArn"].split("/")[-1]
    denied = call("put", bucket=stack["Bucket"])
    assert denied["errorType"] == "AccessDenied"


def test_layer_is_unpacked_before_anybody_calls(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="early-layers")
    s3.put_object(
        Bucket="early-layers", Key="layer.zip", Body=archive({"python/nobody_calls.py": ""})
    )
    content = {"Content": {"S3Bucket": "early-layers", "S3Key": "layer.zip"}}
    cloud.deploy({"Early": {"Type": "AWS::Lambda::LayerVersion", "Properties": content}}, {})
    unpacked = cloud.emulator.state_dir / "unpacked"
    assert eventually(lambda: list(unpacked.glob("*/python/nobody_calls.py")))


def test_layer_is_unpacked_once_for_all_functions(cloud: Cloud, stack: Stack) -> None:
    words, places = zip(
        *(Function(cloud, stack[name])("layer") for name in ("First", "Second")), strict=True
    )
    assert set(words) == {"from the layer"}
    unpacked = list((cloud.emulator.state_dir / "unpacked").glob("*/python/shared.py"))
    assert len(unpacked) == 1, places


def test_variable_finds_what_a_layer_puts_below_opt(call: Function) -> None:
    assert call("read") == "beside"


def test_whole_log_reaches_its_group(cloud: Cloud, stack: Stack) -> None:
    Function(cloud, stack["Second"])("print")
    logs = cloud.client("logs")

    def look() -> list[str] | None:
        found = logs.filter_log_events(logGroupName=stack["Logs"], filterPattern="line")
        assert all("eventId" in event for event in found["events"])
        messages = [event["message"].strip() for event in found["events"]]
        return messages if len(messages) >= 50 else None

    assert eventually(look)[:50] == [f"line {number}" for number in range(50)]
    below = logs.filter_log_events(logGroupName=stack["Logs"], filterPattern="below")
    assert [event["message"] for event in below["events"]] == ["from below python"]


def test_invocations_and_errors_are_counted(cloud: Cloud, call: Function) -> None:
    call("raise")
    found = cloud.client("cloudwatch").list_metrics(
        Namespace="AWS/Lambda", Dimensions=[{"Name": "FunctionName", "Value": call.name}]
    )
    names = {metric["MetricName"] for metric in found["Metrics"]}
    assert names == {"Invocations", "Errors", "Throttles", "Duration"}
