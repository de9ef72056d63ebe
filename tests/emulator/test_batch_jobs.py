"""AWS Batch runs the image's own entry point and tells how it ended."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator import batch_stack
from tests.emulator.deploying import Cloud, Stack, eventually


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Stack:
    return batch_stack.deploy(cloud)


class Jobs:
    """Submits jobs to the test queue."""

    def __init__(self, cloud: Cloud, stack: Stack) -> None:
        self.batch = cloud.client("batch")
        self.logs = cloud.client("logs")
        self.stack = stack

    def submit(self, *command: str, **request: Any) -> str:
        overrides = request.pop("containerOverrides", {})
        if command:
            overrides["command"] = list(command)
        answer = self.batch.submit_job(
            jobName="test",
            jobQueue=self.stack["Queue"],
            jobDefinition=self.stack["Definition"],
            containerOverrides=overrides,
            **request,
        )
        return str(answer["jobId"])

    def describe(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = self.batch.describe_jobs(jobs=[job])["jobs"][0]
        return found

    def ended(self, job: str, seconds: float = 20) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.describe(job)
            return found if found["status"] in ("SUCCEEDED", "FAILED") else None

        return eventually(look, seconds)

    def wait_for(self, job: str, status: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.describe(job)
            return found if found["status"] == status else None

        return eventually(look)

    def log(self, job: dict[str, Any]) -> list[str]:
        events = self.logs.get_log_events(
            logGroupName=batch_stack.LOGS, logStreamName=job["container"]["logStreamName"]
        )["events"]
        return [event["message"] for event in events]


@pytest.fixture
def jobs(cloud: Cloud, stack: Stack) -> Jobs:
    return Jobs(cloud, stack)


def test_job_runs_the_entry_point_with_the_default_command(jobs: Jobs) -> None:
    job = jobs.ended(jobs.submit())
    assert (job["status"], job["container"]["exitCode"]) == ("SUCCEEDED", 0)
    assert jobs.log(job) == ["hello from the image"]
    assert job["attempts"][0]["container"]["exitCode"] == 0
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]


def test_job_sees_its_environment_and_nothing_of_the_machine(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
    overrides = {"environment": [{"name": "GREETING", "value": "overridden"}]}
    job = jobs.ended(jobs.submit("environment", containerOverrides=overrides))
    seen = json.loads(jobs.log(job)[0])
    assert seen["SHOUT"] == "yes", "the job definition wins over the image"
    assert seen["GREETING"] == "overridden", "the request wins over both"
    assert seen["AWS_BATCH_JOB_ID"] == job["jobId"]
    assert seen["AWS_BATCH_JOB_ATTEMPT"] == "1"
    assert seen["AWS_BATCH_JQ_NAME"] == jobs.stack["Queue"].rsplit("/")[-1]
    assert "SECRET_OF_THE_SHELL" not in seen
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA"), "a session of the job role"


def test_failing_job_fails_with_its_exit_code(jobs: Jobs) -> None:
    job = jobs.ended(jobs.submit("exit", "7"))
    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 7)
    assert job["statusReason"] == "Essential container in task exited"


def test_failed_attempt_is_retried_as_often_as_the_strategy_says(jobs: Jobs) -> None:
    job = jobs.ended(jobs.submit("fail-until", "3", retryStrategy={"attempts": 3}))
    assert job["status"] == "SUCCEEDED"
    assert [each["container"]["exitCode"] for each in job["attempts"]] == [3, 3, 0]


def test_rule_on_the_exit_code_stops_the_retries(jobs: Jobs) -> None:
    rules = [{"onExitCode": "3", "action": "EXIT"}]
    strategy = {"attempts": 3, "evaluateOnExit": rules}
    job = jobs.ended(jobs.submit("fail-until", "3", retryStrategy=strategy))
    assert job["status"] == "FAILED"
    assert len(job["attempts"]) == 1


def test_job_over_its_memory_is_killed(jobs: Jobs) -> None:
    job = jobs.ended(jobs.submit("eat"))
    assert job["status"] == "FAILED"
    assert job["container"]["exitCode"] == 137
    assert job["container"]["reason"].startswith("OutOfMemoryError")


def test_job_over_its_time_is_ended_and_not_retried(jobs: Jobs) -> None:
    # Sixty seconds are one on the emulator's clock.
    job = jobs.ended(
        jobs.submit(
            "sleep", "60", timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 2}
        )
    )
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Job attempt duration exceeded timeout"
    assert len(job["attempts"]) == 1


def test_terminated_job_ends_even_when_it_ignores_the_signal(jobs: Jobs) -> None:
    job = jobs.submit("stubborn", retryStrategy={"attempts": 2})
    running = jobs.wait_for(job, "RUNNING")
    eventually(lambda: jobs.log(running))
    jobs.batch.terminate_job(jobId=job, reason="enough")
    ended = jobs.ended(job)
    assert (ended["status"], ended["statusReason"]) == ("FAILED", "enough")
    assert ended["isTerminated"]


def test_cancelled_job_never_starts(jobs: Jobs) -> None:
    first = jobs.submit("sleep", "30")
    second = jobs.submit("hello", dependsOn=[{"jobId": first}])
    jobs.wait_for(first, "RUNNING")
    jobs.batch.cancel_job(jobId=second, reason="changed my mind")
    jobs.batch.cancel_job(jobId=first, reason="too late for this one")
    assert jobs.ended(second)["statusReason"] == "changed my mind"
    assert jobs.describe(first)["status"] == "RUNNING"
    jobs.batch.terminate_job(jobId=first, reason="end of the test")


def test_dependent_job_waits_and_fails_with_what_it_depends_on(jobs: Jobs) -> None:
    good, bad = jobs.submit("hello"), jobs.submit("exit", "1")
    after_good = jobs.submit("hello", dependsOn=[{"jobId": good}])
    after_bad = jobs.submit("hello", dependsOn=[{"jobId": bad}])
    assert jobs.ended(after_good)["startedAt"] >= jobs.ended(good)["stoppedAt"]
    assert jobs.ended(after_bad)["statusReason"] == "Dependent Job failed"


def test_array_job_runs_a_child_for_each_index(jobs: Jobs) -> None:
    parent = jobs.ended(jobs.submit("child", "1", arrayProperties={"size": 3}))
    assert parent["status"] == "FAILED", "one child failed"
    assert parent["arrayProperties"]["statusSummary"] == {"SUCCEEDED": 2, "FAILED": 1}
    child = jobs.describe(f"{parent['jobId']}:1")
    assert (child["status"], child["arrayProperties"]["index"]) == ("FAILED", 1)


def test_parameters_replace_references_in_the_command(jobs: Jobs) -> None:
    job = jobs.ended(jobs.submit("say", "it is Ref::what", parameters={"what": "done"}))
    assert jobs.log(job) == ["it is done"]
    assert jobs.log(jobs.ended(jobs.submit("say", "Ref::what"))) == ["nothing"]


def test_overrides_over_8192_characters_are_refused(jobs: Jobs) -> None:
    with pytest.raises(ClientError, match="Container Overrides length must be at most 8192"):
        jobs.submit("say", "x" * 8192)


def test_memory_fargate_does_not_offer_is_refused(jobs: Jobs) -> None:
    odd = {"resourceRequirements": [{"type": "MEMORY", "value": "700"}]}
    with pytest.raises(ClientError, match="700 MiB"):
        jobs.submit("hello", containerOverrides=odd)


def test_job_may_do_what_its_role_may_and_no_more(cloud: Cloud, jobs: Jobs) -> None:
    bucket = jobs.stack["Bucket"]
    denied = jobs.ended(jobs.submit("put", bucket, "key"))
    assert denied["status"] == "FAILED"
    assert any("AccessDenied" in line for line in jobs.log(denied))
    role = jobs.describe(denied["jobId"])["container"]["jobRoleArn"].rsplit("/")[-1]
    may_put = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    cloud.client("iam").put_role_policy(
        RoleName=role,
        PolicyName="put",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may_put]}),
    )
    assert jobs.ended(jobs.submit("put", bucket, "key"))["status"] == "SUCCEEDED"


def test_unknown_image_fails_the_job_and_says_why(jobs: Jobs) -> None:
    found = jobs.batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    definition = next(d for d in found if d["jobDefinitionArn"] == jobs.stack["Definition"])
    properties = {**definition["containerProperties"], "image": "perennial-local/nowhere:1"}
    made = jobs.batch.register_job_definition(
        jobDefinitionName="nowhere", type="container", containerProperties=properties
    )
    job = jobs.batch.submit_job(
        jobName="x", jobQueue=jobs.stack["Queue"], jobDefinition=made["jobDefinitionArn"]
    )
    assert "functions/<function>/Dockerfile" in jobs.ended(job["jobId"])["statusReason"]


def test_jobs_are_listed_by_status(jobs: Jobs) -> None:
    job = jobs.ended(jobs.submit("exit", "9"))
    failed = jobs.batch.list_jobs(jobQueue=jobs.stack["Queue"], jobStatus="FAILED")
    assert job["jobId"] in [each["jobId"] for each in failed["jobSummaryList"]]
