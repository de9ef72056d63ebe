"""Why the parts of a distributed Map failed, in the words of their functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from perennial.adapters.aws import client, translated
from perennial.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_LONGEST = 900  # characters


def failure_of(execution_arn: str, stepfunctions: SFNClient | None = None) -> str | None:
    """How many children of an execution's last Map failed, and what one of them said.

    None when there are none, or when nobody can be asked: who tells of a failure must not fail.
    """
    asked: Any = stepfunctions if stepfunctions is not None else client("stepfunctions")
    try:
        with translated("Step Functions", "reading a map run"):
            return _told(asked, execution_arn)
    except (ClientError, Unavailable):
        return None


def _told(asked: Any, execution_arn: str) -> str | None:
    runs = asked.list_map_runs(executionArn=execution_arn)["mapRuns"]
    if not runs:
        return None
    run = asked.describe_map_run(mapRunArn=runs[0]["mapRunArn"])
    counts = run["executionCounts"]
    failed = counts["failed"] + counts["timedOut"]
    found = asked.list_executions(mapRunArn=run["mapRunArn"], statusFilter="FAILED", maxResults=1)[
        "executions"
    ]
    if not found:
        return None
    child = asked.describe_execution(executionArn=found[0]["executionArn"])
    why = f"{child.get('error', '')}: {said(child.get('cause', ''))}"
    return f"{failed} of {counts['total']} chunks failed; one of them with {why}"


def said(cause: str) -> str:
    """The message of a function's error, which is JSON unless it was cut short."""
    try:
        text = str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        text = cause
    return text[:_LONGEST]
