"""The things that roles have rights on, each as IAM and as cdk-nag writes it."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Stack, Token

from stacks.constructs.inference_api import STAGE
from stacks.settings import Settings
from stacks.shared import Shared, SharedBucket
from stacks.storage import StorageStack

# Partitions of table and index that people may read; tokens by which workflows wait have another.
PARTITIONS = ("MODEL", "HISTORY", "SOURCE", "ABOUT", "DATASET", "RUNS", "ROLLOUTS")


@dataclass(frozen=True)
class Place:
    """A resource.

    Attributes:
        arn: as a policy has it.
        shown: as a finding of cdk-nag names it.
    """

    arn: str
    shown: str


class Places:
    """The resources of one deployment."""

    def __init__(
        self,
        stack: Stack,
        *,
        settings: Settings,
        storage: StorageStack,
        api_id: Shared,
        api_key_id: Shared,
    ) -> None:
        """Places of a deployment.

        Args:
            stack: whose policies name them.
            settings: of the deployment.
            storage: buckets and table.
            api_id: of the API.
            api_key_id: of its first key.
        """
        self._stack, self._settings, self._storage = stack, settings, storage
        self._api_id = api_id
        self.everything = Place("*", "*")
        self.table = _shared(storage.table.arn)
        self.index = _shared(storage.table.arn, f"/index/{storage.table.index}")
        self.partitions = tuple(f"{name}#*" for name in PARTITIONS)
        self.key = _shared(storage.table.key.arn) if storage.table.key else None
        self.data_bucket = _shared(storage.data.arn)
        self.artifact_bucket = _shared(storage.artifacts.arn)
        self.buckets_of_heads = tuple(
            _shared(bucket.arn) for bucket in dict.fromkeys((storage.artifacts, storage.heads))
        )
        self.stacks = self._own("cloudformation", f"stack/{settings.prefix}-*/*")
        self.alarms = self._own("cloudwatch", "alarm:*")
        self.logs = self._own("logs", f"log-group:{settings.log_group_name('*')}")
        self.api_key = self._regional("apigateway", "/apikeys/", api_key_id)

    def data(self, prefix: str) -> Place:
        """Objects of the data bucket below a prefix."""
        return _objects(self._storage.data, prefix)

    def artifacts(self, prefix: str) -> Place:
        """Objects of the artifact bucket below a prefix."""
        return _objects(self._storage.artifacts, prefix)

    def machine(self, name: str) -> Place:
        """A workflow, by the second word of its name."""
        return self._own("states", f"stateMachine:{self._settings.function_name(name)}")

    def executions(self, name: str) -> Place:
        """Executions of a workflow, or of all of them (`*`)."""
        return self._own("states", f"execution:{self._settings.function_name(name)}:*")

    def operation(self, path: str) -> Place:
        """An operation of the API: method and path."""
        arn, shown = self._parts("execute-api")
        return Place(
            f"{arn}:{self._api_id.value}/{STAGE}/{path}",
            f"{shown}:{self._api_id.export}/{STAGE}/{path}",
        )

    def _own(self, service: str, resource: str) -> Place:
        arn, shown = self._parts(service)
        return Place(f"{arn}:{resource}", f"{shown}:{resource}")

    def _parts(self, service: str) -> tuple[str, str]:
        """An ARN up to the account, in both spellings."""
        stack = self._stack
        arn = f"arn:{stack.partition}:{service}:{stack.region}:{stack.account}"
        named = (
            _named(stack.partition, "Partition"),
            _named(stack.region, "Region"),
            _named(stack.account, "AccountId"),
        )
        return arn, f"arn:{named[0]}:{service}:{named[1]}:{named[2]}"

    def _regional(self, service: str, path: str, id_: Shared) -> Place:
        """What has no account in its ARN."""
        stack = self._stack
        arn = f"arn:{stack.partition}:{service}:{stack.region}::{path}{id_.value}"
        return Place(arn, arn)


def _shared(value: Shared, rest: str = "") -> Place:
    return Place(f"{value.value}{rest}", f"{value.export}{rest}")


def _objects(bucket: SharedBucket, prefix: str) -> Place:
    return _shared(bucket.arn, f"/{prefix}*")


def _named(value: str, parameter: str) -> str:
    """A value as a finding names it: as it is, or as the parameter it will come from."""
    return f"<AWS::{parameter}>" if Token.is_unresolved(value) else value
