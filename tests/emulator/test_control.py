"""The emulator starts, is found, stops and leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emulator import control, launch, process
from emulator.errors import AlreadyRunning, StartFailed
from tests.emulator import batch_stack
from tests.emulator.conftest import PROJECT
from tests.emulator.deploying import (
    Cloud,
    archive,
    attribute,
    eventually,
    function,
    ref,
    role,
)

ROOT = Path(__file__).parent.parent.parent


def start(folder: Path, *, detached: bool = False) -> control.Emulator:
    return control.start(folder, project=PROJECT, detached=detached)


def nothing_left(emulator: control.Emulator) -> bool:
    return process.session_members(emulator.pid) == []


def test_second_start_finds_the_first(tmp_path: Path) -> None:
    with start(tmp_path) as first:
        assert start(tmp_path) == first
        assert control.running(tmp_path) == first
        with pytest.raises(AlreadyRunning):
            control.start(tmp_path, enforce_iam=False)
    assert control.running(tmp_path) is None
    first.stop()  # once more changes nothing


def test_emulators_of_two_folders_share_nothing(tmp_path: Path) -> None:
    with start(tmp_path / "a") as a, start(tmp_path / "b") as b:
        assert a.port != b.port
        Cloud(a).client("s3").create_bucket(Bucket="only-in-a")
        assert Cloud(b).client("s3").list_buckets()["Buckets"] == []


def test_everything_is_kept_inside_the_state_folder(tmp_path: Path) -> None:
    before = {each.name for each in Path("/tmp").iterdir()}
    with start(tmp_path) as emulator:
        cloud = Cloud(emulator)
        source = "def handler(e, c): return e"
        made = cloud.deploy(
            {"Role": role("lambda.amazonaws.com"), "F": function("Role", source)}, {"F": ref("F")}
        )
        cloud.client("lambda").invoke(FunctionName=made["F"], Payload=b"{}")
    after = {each.name for each in Path("/tmp").iterdir()}
    assert not [name for name in after - before if "ministack" in name]


def test_environment_points_nowhere_else(tmp_path: Path) -> None:
    with start(tmp_path) as emulator:
        told = emulator.environment()
        assert told["AWS_ENDPOINT_URL"] == emulator.endpoint == told["AWS_ENDPOINT_URL_S3"]
        assert not Path(told["AWS_CONFIG_FILE"]).exists()


def test_stop_ends_functions_and_jobs(tmp_path: Path) -> None:
    emulator = start(tmp_path)
    cloud = Cloud(emulator)
    stack = batch_stack.deploy(cloud)
    batch = cloud.client("batch")
    job = batch.submit_job(
        jobName="x", jobQueue=stack["Queue"], jobDefinition=stack["Definition"],
        containerOverrides={"command": ["stubborn"]},
    )["jobId"]  # fmt: skip
    eventually(lambda: batch.describe_jobs(jobs=[job])["jobs"][0]["status"] == "RUNNING")
    # The server, the job's supervisor and the job.
    eventually(lambda: len(process.session_members(emulator.pid)) >= 3)
    emulator.stop()
    assert nothing_left(emulator)
    with start(tmp_path) as again:
        found = Cloud(again).client("batch").describe_jobs(jobs=[job])["jobs"][0]
        assert found["status"] == "FAILED"


def test_state_survives_a_restart(tmp_path: Path) -> None:
    with start(tmp_path) as emulator:
        cloud = Cloud(emulator)
        source = "def handler(e, c):\n    import shared\n    return shared.WORD"
        layer = archive({"python/shared.py": "WORD = 'still here'"})
        cloud.client("s3").create_bucket(Bucket="layers")
        cloud.client("s3").put_object(Bucket="layers", Key="layer.zip", Body=layer)
        waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
        resources = {
            **batch_stack.resources("/test/restart"),
            "Role": role("lambda.amazonaws.com"),
            "Function": function("Role", source, Layers=[ref("Layer")]),
            "Layer": {
                "Type": "AWS::Lambda::LayerVersion",
                "Properties": {"Content": {"S3Bucket": "layers", "S3Key": "layer.zip"}},
            },
            "Workflow": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": attribute("Role", "Arn"),
                    "DefinitionString": json.dumps(waiting),
                },
            },
        }
        outputs = {**batch_stack.OUTPUTS, "Function": ref("Function"), "Workflow": ref("Workflow")}
        stack = cloud.deploy(resources, outputs)
        cloud.client("s3").put_object(Bucket=stack["Bucket"], Key="k", Body=b"kept")
        started = cloud.client("stepfunctions").start_execution(stateMachineArn=stack["Workflow"])
        port = emulator.port
    # A file for each layer, and no copy of it in the document that is written every few seconds.
    assert [each.read_bytes() for each in (tmp_path / "layers").glob("*.zip")] == [layer]
    assert b"__bytes__" not in (tmp_path / "services" / "lambda.json").read_bytes()
    shutil.rmtree(tmp_path / "unpacked")
    with start(tmp_path) as again:
        assert again.port == port
        cloud = Cloud(again)
        kept = cloud.client("s3").get_object(Bucket=stack["Bucket"], Key="k")["Body"].read()
        assert kept == b"kept"
        answer = cloud.client("lambda").invoke(FunctionName=stack["Function"], Payload=b"{}")
        assert json.loads(answer["Payload"].read()) == "still here"
        batch = cloud.client("batch")
        job = batch.submit_job(
            jobName="x", jobQueue=stack["Queue"], jobDefinition=stack["Definition"]
        )["jobId"]
        eventually(lambda: batch.describe_jobs(jobs=[job])["jobs"][0]["status"] == "SUCCEEDED")
        execution = cloud.client("stepfunctions").describe_execution(
            executionArn=started["executionArn"]
        )
        assert execution["status"] == "FAILED", "nothing works on it any more"


def test_saved_state_survives_a_kill(tmp_path: Path) -> None:
    emulator = start(tmp_path)
    Cloud(emulator).client("sns").create_topic(Name="kept")
    emulator.save()
    os.kill(emulator.pid, signal.SIGKILL)
    eventually(lambda: control.running(tmp_path) is None)
    with start(tmp_path) as again:
        assert len(Cloud(again).client("sns").list_topics()["Topics"]) == 1


def test_killed_server_takes_its_functions_and_jobs_along(tmp_path: Path) -> None:
    emulator = start(tmp_path)
    cloud = Cloud(emulator)
    source = "import time\ndef handler(e, c): time.sleep(60)"
    resources = {
        **batch_stack.resources("/test/killed"),
        "Role": role("lambda.amazonaws.com"),
        "Function": function("Role", source, Timeout=90),
    }
    stack = cloud.deploy(resources, {**batch_stack.OUTPUTS, "Function": ref("Function")})
    cloud.client("lambda").invoke(FunctionName=stack["Function"], InvocationType="Event")
    cloud.client("batch").submit_job(
        jobName="x", jobQueue=stack["Queue"], jobDefinition=stack["Definition"],
        containerOverrides={"command": ["stubborn"]},
    )  # fmt: skip
    # The server, the worker, the supervisor and the job.
    eventually(lambda: len(process.session_members(emulator.pid)) >= 4)
    os.kill(emulator.pid, signal.SIGKILL)
    assert process.wait_until(lambda: nothing_left(emulator), 10)


def test_record_of_another_process_with_the_same_pid_does_not_count(tmp_path: Path) -> None:
    with start(tmp_path) as emulator:
        record = tmp_path / "emulator.json"
        told = json.loads(record.read_text())
        assert control.running(tmp_path) == emulator
        record.write_text(json.dumps({**told, "pid": os.getpid()}))
        assert control.running(tmp_path) is None
        record.write_text(json.dumps(told))


def test_folder_that_was_moved_starts_anew(tmp_path: Path) -> None:
    with start(tmp_path / "before") as emulator:
        Cloud(emulator).client("sns").create_topic(Name="kept")
    shutil.move(tmp_path / "before", tmp_path / "after")
    with start(tmp_path / "after") as moved:
        assert len(Cloud(moved).client("sns").list_topics()["Topics"]) == 1


def test_failed_start_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "START_SECONDS", 0.0)
    with pytest.raises(StartFailed, match=r"emulator\.log"):
        start(tmp_path)
    assert control.running(tmp_path) is None


def test_preferred_port_in_use_is_no_obstacle(tmp_path: Path) -> None:
    with start(tmp_path / "a") as first:
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "port").write_text(str(first.port))
        with start(tmp_path / "b") as second:
            assert second.port != first.port


PROGRAM = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from emulator import control
emulator = control.start(Path({folder!r}), detached={detached})
print(emulator.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("after", [0.0, 0.15, 0.4, None])
def test_server_ends_with_whoever_started_it(
    tmp_path: Path, number: signal.Signals, after: float | None
) -> None:
    program = PROGRAM.format(root=str(ROOT), folder=str(tmp_path), detached=False)
    starter = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=heed_interrupts,
    )
    if after is None:
        assert starter.stdout is not None
        starter.stdout.readline()
    else:
        time.sleep(after)
    starter.send_signal(number)
    starter.communicate()
    assert process.wait_until(lambda: not servers_of(tmp_path), 10)
    assert process.wait_until(lambda: control.running(tmp_path) is None, 10)


def heed_interrupts() -> None:
    """Whatever runs the tests in the background may ignore them, and what it starts would too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def servers_of(folder: Path) -> list[str]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in listing.splitlines() if f'"state_dir": "{folder}"' in line]


def test_detached_server_stays_until_it_is_stopped(tmp_path: Path) -> None:
    program = PROGRAM.format(root=str(ROOT), folder=str(tmp_path), detached=True)
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    starter.stdout.readline()
    starter.kill()
    starter.communicate()
    emulator = control.running(tmp_path)
    assert emulator is not None
    Cloud(emulator).client("s3").list_buckets()
    emulator.stop()
    assert nothing_left(emulator)
