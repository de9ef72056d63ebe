"""Who may do what in watching: every right of its functions, in one place."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import ArnFormat, Stack, Token
from aws_cdk import aws_iam as iam
from perennial.registry.layout import CAPTURES, GATHERED, HEADS, REPORTS, RETRAINING, TRUTH

from stacks import nag
from stacks.constructs.function_workflow import function_arn, machine_arn
from stacks.constructs.python_function import PythonFunction
from stacks.settings import Settings
from stacks.shared import allow
from stacks.storage import StorageStack

_RUNS, _DATASETS, _ARTIFACTS = "runs/", "datasets/", "artifacts/"
STARTED = ("retraining", "rollback", "rollout", "second-look")  # workflows that react starts


def grant(
    stack: Stack,
    functions: Mapping[str, PythonFunction],
    storage: StorageStack,
    settings: Settings,
) -> None:
    """Give the functions their rights.

    Args:
        stack: has them.
        functions: by folder.
        storage: buckets and registry.
        settings: the deployment's settings.
    """
    _monitor(functions["monitor"].role, storage)
    _gather(functions["gather"].role, storage)
    _anchor(functions["anchor"].role, storage)
    _audit(functions["audit"].role, storage)
    # By name: who may call a function cannot refer to it where it is the function itself.
    allow(
        functions["audit"].role, ["lambda:InvokeFunction"], [function_arn(stack, settings, "audit")]
    )
    react = functions["react"].role
    storage.table.allow(react, "GetItem", "Query", "PutItem", "UpdateItem", "ConditionCheckItem")
    storage.table.allow_index(react)
    allow(
        react, ["states:StartExecution"], [machine_arn(stack, settings, name) for name in STARTED]
    )
    storage.data.allow_read(react, REPORTS)
    storage.data.allow_list(react, REPORTS)
    topic = stack.format_arn(service="sns", resource=settings.function_name("alarms"))
    allow(react, ["sns:Publish"], [topic])
    _let_see_alarms(stack, react)


def _monitor(role: iam.Role, storage: StorageStack) -> None:
    storage.table.allow(role, "GetItem", "Query")
    storage.table.allow_index(role)
    storage.data.allow_read(role, CAPTURES, TRUTH, REPORTS, _DATASETS, _RUNS)
    storage.data.allow_list(role, CAPTURES, TRUTH, REPORTS, _DATASETS, _RUNS)
    storage.data.allow_write(role, REPORTS)
    storage.artifacts.allow_read(role, _ARTIFACTS)
    storage.artifacts.allow_list(role, _ARTIFACTS)


def _gather(role: iam.Role, storage: StorageStack) -> None:
    storage.table.allow(role, "GetItem", "Query")
    storage.data.allow_read(role, CAPTURES, TRUTH, REPORTS, RETRAINING)
    storage.data.allow_list(role, CAPTURES, TRUTH, REPORTS, RETRAINING)
    storage.data.allow_write(role, RETRAINING, GATHERED)


def _anchor(role: iam.Role, storage: StorageStack) -> None:
    """Heads are written once: nobody reads, replaces or removes them by this role."""
    storage.table.allow(role, "GetItem")
    storage.heads.allow_write_once(role, HEADS)


def _audit(role: iam.Role, storage: StorageStack) -> None:
    """It reads what it judges; it cannot write what it would then find in order."""
    storage.table.allow_reading(role, "MODEL#*", "HISTORY#*")
    for bucket in dict.fromkeys(
        (storage.artifacts, storage.heads)
    ):  # older ends stay where they are
        bucket.allow_list_versions(role, HEADS)


def _let_see_alarms(stack: Stack, role: iam.Role) -> None:
    """The states of alarms; a list of them is a right on all of them."""
    alarms = stack.format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name="*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(role, ["cloudwatch:DescribeAlarms"], [alarms])
    partition = _named(stack.partition, "Partition")
    region, account = _named(stack.region, "Region"), _named(stack.account, "AccountId")
    nag.accept(
        role,
        f"AwsSolutions-IAM5[Resource::arn:{partition}:cloudwatch:{region}:{account}:alarm:*]",
        because="CloudWatch checks the right to list alarms against all of them",
    )


def _named(value: str, parameter: str) -> str:
    """A value as a finding names it: as it is, or as the parameter it will come from."""
    return f"<AWS::{parameter}>" if Token.is_unresolved(value) else value
