"""A job as DescribeJobs, the events and a workflow's result show it."""

from collections import Counter

from emulator.batch.records import Job, Records, Wire


def describe(job: Job, records: Records) -> Wire:
    """The JobDetail of a job."""
    detail: Wire = {
        "jobArn": job.arn,
        "jobName": job.name,
        "jobId": job.id,
        "jobQueue": job.queue,
        "status": job.status,
        "attempts": job.attempts,
        "createdAt": job.created_at,
        "retryStrategy": job.retry,
        "dependsOn": job.depends_on,
        "jobDefinition": job.definition,
        "parameters": job.parameters,
        "container": _container(job),
        "tags": job.tags,
        "propagateTags": job.propagate_tags,
        "platformCapabilities": ["FARGATE"],
        "eksAttempts": [],
        "isCancelled": job.end_requested == "cancelled",
        "isTerminated": job.end_requested == "terminated",
    }
    optional = {
        "statusReason": job.status_reason or None,
        "startedAt": job.started_at,
        "stoppedAt": job.stopped_at,
        "timeout": {"attemptDurationSeconds": job.timeout} if job.timeout else None,
        "arrayProperties": _array(job, records),
    }
    return detail | {key: value for key, value in optional.items() if value is not None}


def summarize(job: Job, records: Records) -> Wire:
    """The JobSummary of a job, as ListJobs shows it."""
    detail = describe(job, records)
    kept = (
        "jobArn",
        "jobId",
        "jobName",
        "jobDefinition",
        "createdAt",
        "startedAt",
        "stoppedAt",
        "status",
        "statusReason",
        "arrayProperties",
    )
    summary = {key: detail[key] for key in kept if key in detail}
    if "exitCode" in detail["container"]:
        summary["container"] = {
            key: detail["container"][key]
            for key in ("exitCode", "reason")
            if key in detail["container"]
        }
    return summary


def _container(job: Job) -> Wire:
    empty: Wire = {
        "volumes": [],
        "mountPoints": [],
        "ulimits": [],
        "networkInterfaces": [],
        "secrets": [],
    }
    return {**empty, **job.container}


def _array(job: Job, records: Records) -> Wire | None:
    if job.array_size is not None:
        counts = Counter(child.status for child in records.children(job))
        return {"size": job.array_size, "statusSummary": dict(counts)}
    if job.array_index is not None:
        return {"index": job.array_index}
    return None
