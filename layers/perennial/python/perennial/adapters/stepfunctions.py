"""Training workflows on Step Functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from perennial.adapters.aws import client, code_of, translated

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StepFunctionsWorkflow:
    """`perennial.registry.queue.Workflow` on one state machine."""

    def __init__(self, state_machine: str, stepfunctions: SFNClient | None = None) -> None:
        self._arn = state_machine
        made: Any = stepfunctions if stepfunctions is not None else client("stepfunctions")
        self._stepfunctions = made

    def start(self, name: str, execution_input: Mapping[str, object]) -> str:
        """Start an execution of this name, unless there has been one; its ARN either way."""
        try:
            with translated("Step Functions", "starting an execution"):
                answer = self._stepfunctions.start_execution(
                    stateMachineArn=self._arn, name=name, input=json.dumps(execution_input)
                )
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise
            return f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
        return str(answer["executionArn"])
