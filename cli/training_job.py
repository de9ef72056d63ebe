"""What can be said of the training job while it runs: its Batch status and its last message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cli.outputs import Deployment
from cli.workflow import Visit

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_logs import CloudWatchLogsClient

STATE = "TrainModel"


def progress(deployment: Deployment, run_id: str, visit: Visit) -> str:
    """The job in a few words, such as `running, attempt 2: fitting, round 120`.

    Nothing rather than an error when a service does not tell: it is decoration.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        job = _job(deployment, run_id, visit)
        if job is None:
            return ""
        told = [job["status"].lower()]
        if len(job.get("attempts", [])) > 1:
            told.append(f"attempt {len(job['attempts'])}")
        message = _last_message(deployment, job)
        return ", ".join(told) + (f": {message}" if message else "")
    except (BotoCoreError, ClientError):
        return ""


def _job(deployment: Deployment, run_id: str, visit: Visit) -> dict[str, Any] | None:
    """The newest job of the run, described."""
    batch: BatchClient = deployment.target.client("batch")
    if visit.job_id is None:
        named = [{"name": "JOB_NAME", "values": [f"train-{run_id}"]}]
        queue = deployment.training["JobQueueArn"]
        found = batch.list_jobs(jobQueue=queue, filters=named)["jobSummaryList"]  # type: ignore[arg-type]
        if not found:
            return None
        visit.job_id = max(found, key=lambda job: job.get("createdAt", 0))["jobId"]
    described: Any = batch.describe_jobs(jobs=[visit.job_id])["jobs"]
    return described[0] if described else None


def _last_message(deployment: Deployment, job: dict[str, Any]) -> str:
    stream = job.get("container", {}).get("logStreamName")
    if not stream:
        return ""
    logs: CloudWatchLogsClient = deployment.target.client("logs")
    group = deployment.training["JobLogGroupName"]
    events = logs.get_log_events(
        logGroupName=group, logStreamName=stream, limit=1, startFromHead=False
    )["events"]
    return described_line(events[-1]["message"]) if events else ""


def described_line(line: str) -> str:
    """A log line for people: its message, and its numbers by name when it is JSON."""
    try:
        entry = json.loads(line)
        message = str(entry["message"])
    except (ValueError, KeyError, TypeError):
        return ""
    numbers = [
        f"{name} {value:.4g}"
        for name, value in entry.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    return " ".join([message, *numbers[:3]])
