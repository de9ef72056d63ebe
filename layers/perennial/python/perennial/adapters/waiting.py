"""Workflows that wait for a person, by a task token."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from perennial.adapters.aws import client, code_of, translated

# The wait is over already: its time is up, the token was used, or the execution has ended.
_OVER = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


def resume_waiting(token: str, stepfunctions: Any = None) -> None:
    """Let the workflow that waits by a token go on; it looks up itself what was decided.

    Args:
        token: of the task; nothing waits by an empty one.
        stepfunctions: the client, where it is not the process's own.

    Raises:
        Unavailable: Step Functions did not answer.
    """
    if not token:
        return
    made = stepfunctions if stepfunctions is not None else client("stepfunctions")
    try:
        with translated("Step Functions", "resuming a workflow"):
            made.send_task_success(taskToken=token, output="{}")
    except ClientError as error:
        if code_of(error) not in _OVER:
            raise
