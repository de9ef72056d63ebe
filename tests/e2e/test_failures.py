"""What breaks in the middle ends the run with its cause, and leaves nothing half done."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from perennial.registry.records import RunStatus

from tests.e2e.platform import Platform, until


def job_processes(endpoint: str) -> list[int]:
    """The training containers that run now on the emulator of this session, and on no other."""
    ours = f"AWS_ENDPOINT_URL={endpoint}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if b"entrypoint" in command and ours in environment.split(b"\0"):
            found.append(int(folder.name))
    return found


def test_a_killed_training_container_fails_the_run_with_its_cause(
    platform: Platform, diabetes: bytes
) -> None:
    versions = len(platform.registry.versions("diabetes"))
    run_id = platform.upload("diabetes", diabetes, "killed.csv")
    killed: set[int] = set()

    def kill_until_over() -> bool:
        for pid in job_processes(platform.emulator.endpoint):
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
        run = platform.registry.run("diabetes", run_id)
        return bool(run and run.status.final)

    until(kill_until_over, "the run to end", 120)

    run = platform.registry.run("diabetes", run_id)
    assert killed
    assert run.status is RunStatus.FAILED
    assert run.reason
    assert len(platform.registry.versions("diabetes")) == versions
    after = platform.train("diabetes", diabetes, "after-the-kill.csv")
    assert after.status is RunStatus.SUCCEEDED, after.reason


def test_storage_that_refuses_the_training_container_fails_the_run(
    platform: Platform, diabetes: bytes
) -> None:
    with platform.denied("rainJobRole", {"Action": "s3:*", "Resource": "*"}):
        run = platform.train("diabetes", diabetes, "refused.csv")
    assert run.status is RunStatus.FAILED
    assert run.reason
    assert run.version is None


def test_a_registry_that_refuses_registers_nothing(platform: Platform, diabetes: bytes) -> None:
    route = platform.registry.route("diabetes")
    versions = len(platform.registry.versions("diabetes"))
    with platform.denied("egisterRole", {"Action": "dynamodb:*", "Resource": "*"}):
        run = platform.train("diabetes", diabetes, "unregistered.csv")
    assert run.status is RunStatus.FAILED
    assert len(platform.registry.versions("diabetes")) == versions
    assert platform.registry.route("diabetes") == route


def test_an_aborted_execution_does_not_hold_the_model(platform: Platform, diabetes: bytes) -> None:
    run_id = platform.upload("diabetes", diabetes, "aborted.csv")
    until(lambda: platform.registry.run("diabetes", run_id), "the run to be known", 30)
    execution = platform.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    until(
        lambda: any(
            e["name"] == run_id
            for e in platform.client("stepfunctions").list_executions(
                stateMachineArn=platform.outputs["StateMachineArn"]
            )["executions"]
        ),
        "the execution to start",
        30,
    )
    platform.client("stepfunctions").stop_execution(
        executionArn=f"{execution}:{run_id}", cause="stopped by a person"
    )
    assert platform.finished("diabetes", run_id).status is RunStatus.FAILED
    after = platform.train("diabetes", diabetes, "after-the-abort.csv")
    assert after.status is RunStatus.SUCCEEDED, after.reason


def test_a_failed_run_raises_the_alarm(platform: Platform, diabetes: bytes) -> None:
    with platform.denied("rainJobRole", {"Action": "s3:*", "Resource": "*"}):
        assert platform.train("diabetes", diabetes, "alarming.csv").status is RunStatus.FAILED
    cloudwatch = platform.client("cloudwatch")

    def raised() -> bool:
        found = cloudwatch.describe_alarms(AlarmNames=["perennial-training-failed"])
        [alarm] = found["MetricAlarms"]
        return bool(alarm["StateValue"] == "ALARM")

    until(raised, "the alarm on failed training", 60)
