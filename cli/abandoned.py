"""Ends what a stopped emulator left half-done: runs that are under way, and nobody runs them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from perennial.registry.records import Run, RunStatus

from cli.outputs import Deployment
from cli.records import registry

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_stepfunctions import SFNClient

_NEWEST = 20  # runs of a model to look at; of one model, one is under way at a time


def end_abandoned(deployment: Deployment, models: Iterable[str]) -> list[Run]:
    """Conclude the runs that were under way when the emulator stopped; returns them.

    On AWS an execution that ends in any way sends an event, which concludes its run. Those that
    ended with the emulator could not. Concluding them lets the next run of the model begin.
    """
    store = registry(deployment)
    found = [
        run
        for model in models
        for run in store.runs(model, _NEWEST)
        if run.status is RunStatus.RUNNING and not _executes(deployment, run)
    ]
    client: LambdaClient = deployment.target.client("lambda")
    for run in found:
        told = {"status": "FAILED", "reason": "the emulator was stopped meanwhile", "seconds": {}}
        client.invoke(
            FunctionName=f"{deployment.target.prefix.lower()}-conclude",
            Payload=json.dumps({"run_id": run.run_id, "model": run.model, **told}),
        )
    return found


def _executes(deployment: Deployment, run: Run) -> bool:
    client: SFNClient = deployment.target.client("stepfunctions")
    try:
        arn = deployment.execution(run.run_id)
        return client.describe_execution(executionArn=arn)["status"] == "RUNNING"
    except client.exceptions.ExecutionDoesNotExist:
        return False
