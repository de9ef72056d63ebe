"""The function that tells MLflow of runs, called when the workflow of training has ended."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from perennial.registry.layout import TRACKED

from stacks.blueprint import Blueprint
from stacks.constructs.python_function import PythonFunction
from stacks.shared import allow
from stacks.storage import StorageStack

_ENDED = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
_SECONDS, _MEMORY = 300, 512  # a search has a file for each number of each trial
_TRY_HOURS = 6
_RUNS = "runs/"


class RunTracking(Construct):
    """A function beside the workflow: what it does or fails to do changes no run.

    Attributes:
        function: may read runs, write below `mlruns/`, and read the one secret it is given.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        blueprint: Blueprint,
        storage: StorageStack,
        layers: Sequence[lambda_.ILayerVersion],
        machine_arn: str,
        missed: sqs.IQueue,
    ) -> None:
        """A function and its rule.

        Args:
            scope: the stack.
            id_: the construct's id.
            blueprint: the deployment.
            storage: buckets and registry.
            layers: of the function.
            machine_arn: the workflow whose ends are told.
            missed: where an event goes that cannot be worked off.
        """
        super().__init__(scope, id_)
        settings = blueprint.settings
        self.function = PythonFunction(
            self,
            "Track",
            settings=settings,
            folder=blueprint.function_folder("track"),
            layers=layers,
            environment={
                **storage.names,
                **_server(settings.mlflow_tracking_uri, settings.mlflow_tracking_secret),
            },
            timeout=_SECONDS,
            memory=_MEMORY,
            dead_letters=missed,
        )
        self._grant(storage, settings.mlflow_tracking_secret)
        events.Rule(
            self,
            "Ended",
            description="A training that has ended is told of in MLflow's terms",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [machine_arn], "status": _ENDED},
            ),
            targets=[
                targets.LambdaFunction(
                    self.function.function,
                    dead_letter_queue=missed,
                    max_event_age=Duration.hours(_TRY_HOURS),
                )
            ],
        )

    def _grant(self, storage: StorageStack, secret: str | None) -> None:
        role = self.function.role
        storage.table.allow(role, "GetItem")
        storage.data.allow_read(role, _RUNS)
        storage.data.allow_list(role, _RUNS)
        storage.data.allow_write(role, TRACKED)
        if secret is not None:
            allow(role, ["secretsmanager:GetSecretValue"], [secret])


def _server(uri: str | None, secret: str | None) -> dict[str, str]:
    """What the function is told of the server: never the secret itself."""
    told = {"PERENNIAL_MLFLOW_TRACKING_URI": uri, "PERENNIAL_MLFLOW_TRACKING_SECRET": secret}
    return {name: value for name, value in told.items() if value is not None}
