"""What the deployed stacks say of themselves: names and addresses, from their outputs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING

from cli.exits import CommandError, Exit
from cli.target import FURTHER, MOST_WATCHING, Target

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_WHOLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


@dataclass(frozen=True)
class Deployment:
    """The stacks of a target, read once each."""

    target: Target

    @cached_property
    def storage(self) -> dict[str, str]:
        """`TableName`, `DataBucketName`, `ArtifactBucketName`."""
        return self.of("Storage")

    @cached_property
    def training(self) -> dict[str, str]:
        """`StateMachineArn`, `JobQueueArn`, `JobLogGroupName`."""
        return self.of("Training")

    @cached_property
    def serving(self) -> dict[str, str]:
        """`ApiUrl`, `ApiId`, `ApiKeyId`."""
        return self.of("Serving")

    @cached_property
    def scoring(self) -> dict[str, str]:
        """`ScoringMachineArn`."""
        return self.of("Scoring")

    def of(self, part: str) -> dict[str, str]:
        """The outputs of one stack.

        Raises:
            CommandError: it is not deployed, or not whole.
        """
        name = self.target.stack(part)
        status, outputs = describe(self.target, name)
        if status not in _WHOLE:
            told = "is not deployed" if status is None else f"is {status}"
            raise CommandError(
                f"The stack {name} {told} ({self.target.title}).",
                advice="Deploy it with "
                + ("`perennial up`." if self.target.emulator else "`perennial deploy --aws`."),
                code=Exit.NOT_FOUND,
            )
        return outputs

    def execution(self, run_id: str) -> str:
        """The ARN of a run's execution: the run id is its name."""
        machine = self.training["StateMachineArn"]
        return f"{machine.replace(':stateMachine:', ':execution:', 1)}:{run_id}"


def further(target: Target) -> list[str]:
    """The stacks of further models that are there: `Watch2`, `Watch3` and so on."""
    parts = (f"{FURTHER}{number}" for number in range(2, MOST_WATCHING + 1))
    return list(takewhile(lambda part: describe(target, target.stack(part))[0] is not None, parts))


def describe(target: Target, stack: str) -> tuple[str | None, dict[str, str]]:
    """Status and outputs of a stack; None and nothing when there is none."""
    from botocore.exceptions import ClientError

    client: CloudFormationClient = target.client("cloudformation")
    try:
        found = client.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        # CloudFormation answers a name it does not know with a plain validation error.
        if error.response["Error"]["Code"] == "ValidationError":
            return None, {}
        raise
    outputs = found.get("Outputs", [])
    status = found["StackStatus"]
    if status == "DELETE_COMPLETE":
        return None, {}
    return status, {one["OutputKey"]: one["OutputValue"] for one in outputs}
