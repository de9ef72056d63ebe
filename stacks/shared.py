"""What the storage stack shares with the others, and the permissions on it.

Other stacks import ARNs and names under export names we choose, and depend on storage; storage
knows none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import CfnOutput, Fn, Stack
from aws_cdk import aws_iam as iam

from stacks import nag

_CHANGING = ("UpdateItem", "DeleteItem")


@dataclass(frozen=True)
class Shared:
    """A value of one stack as other stacks see it.

    Attributes:
        export: the name under which it is exported.
    """

    export: str

    @property
    def value(self) -> str:
        """The value, in a stack that imports it."""
        return Fn.import_value(self.export)


def share(stack: Stack, output: str, value: str) -> Shared:
    """Export a value of a stack, and show it as one of the stack's outputs."""
    export = f"{stack.stack_name}:{output}"
    CfnOutput(stack, output, value=value, export_name=export)
    return Shared(export)


def allow(role: iam.Role, actions: Sequence[str], resources: Sequence[str]) -> None:
    """Give a role named actions on named resources."""
    role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources)))


def workflows_of(stack: Stack) -> iam.ServicePrincipal:
    """Step Functions, where it acts for this account and for no other (the confused deputy)."""
    own = {"StringEquals": {"aws:SourceAccount": stack.account}}
    return iam.ServicePrincipal("states.amazonaws.com", conditions=own)


@dataclass(frozen=True)
class SharedKey:
    """The key of buckets and table, where the account keeps its own."""

    arn: Shared

    def allow(self, role: iam.Role, *, write: bool = False) -> None:
        """Let a role decrypt, and encrypt what it writes."""
        # A part of an upload is decrypted and encrypted again when the whole is put together.
        actions = ["kms:Decrypt", "kms:GenerateDataKey"] if write else ["kms:Decrypt"]
        allow(role, actions, [self.arn.value])


@dataclass(frozen=True)
class SharedBucket:
    """A bucket of the storage stack."""

    name: Shared
    arn: Shared
    key: SharedKey | None

    def allow_read(self, role: iam.Role, *prefixes: str) -> None:
        """Let a role read objects below prefixes."""
        self._allow(role, ["s3:GetObject"], prefixes)
        if self.key:
            self.key.allow(role)

    def allow_read_versions(self, role: iam.Role, *prefixes: str) -> None:
        """Let a role read any version of objects below prefixes."""
        self._allow(role, ["s3:GetObjectVersion"], prefixes)

    def allow_list(self, role: iam.Role, *prefixes: str) -> None:
        """Let a role learn that an object is missing; else S3 answers "forbidden" to that too."""
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[self.arn.value],
                conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
            )
        )

    def allow_list_versions(self, role: iam.Role, prefix: str) -> None:
        """Let a role learn which versions of objects there are below a prefix."""
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucketVersions"],
                resources=[self.arn.value],
                conditions={"StringLike": {"s3:prefix": [f"{prefix}*"]}},
            )
        )

    def allow_write(self, role: iam.Role, *prefixes: str) -> None:
        """Let a role write objects below prefixes, large ones in parts."""
        self._allow(role, ["s3:PutObject", "s3:AbortMultipartUpload"], prefixes)
        if self.key:
            self.key.allow(role, write=True)

    def allow_write_once(self, role: iam.Role, prefix: str) -> None:
        """Let a role write objects below a prefix, but none in the place of another."""
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject"],
                resources=[f"{self.arn.value}/{prefix}*"],
                conditions={"Null": {"s3:if-none-match": "false"}},
            )
        )
        self._accept(role, [prefix])
        if self.key:
            self.key.allow(role, write=True)

    def _allow(self, role: iam.Role, actions: Sequence[str], prefixes: Sequence[str]) -> None:
        allow(role, actions, [f"{self.arn.value}/{prefix}*" for prefix in prefixes])
        self._accept(role, prefixes)

    def _accept(self, role: iam.Role, prefixes: Sequence[str]) -> None:
        for prefix in prefixes:
            nag.accept(
                role,
                f"AwsSolutions-IAM5[Resource::{self.arn.export}/{prefix}*]",
                because=f"objects below {prefix} are named by model, run and digest, which are "
                "not known when the stack is deployed",
            )


@dataclass(frozen=True)
class SharedTable:
    """The registry's table."""

    name: Shared
    arn: Shared
    key: SharedKey | None
    index: str

    def allow(self, role: iam.Role, *actions: str, tells: bool = True) -> None:
        """Let a role do these things with items, such as `GetItem`.

        What changes items that are there is not granted on the partitions of histories; nor is
        putting new ones there, to a role that never tells of anything.
        """
        spared = _CHANGING if tells else (*_CHANGING, "PutItem")
        named = [f"dynamodb:{action}" for action in actions if action not in spared]
        changing = [f"dynamodb:{action}" for action in actions if action in spared]
        if named:
            allow(role, named, [self.arn.value])
        if changing:
            role.add_to_policy(
                iam.PolicyStatement(
                    actions=changing,
                    resources=[self.arn.value],
                    conditions={
                        "ForAllValues:StringNotLike": {"dynamodb:LeadingKeys": ["HISTORY#*"]}
                    },
                )
            )
        if self.key:
            self.key.allow(role)

    def allow_route(self, role: iam.Role) -> None:
        """Let a role get single items of models, and nothing that has another kind of key."""
        self._allow_on(role, ["GetItem"], ["MODEL#*"])

    def allow_reading(self, role: iam.Role, *partitions: str) -> None:
        """Let a role get and query items of partitions such as `HISTORY#*`, and of no other."""
        self._allow_on(role, ["GetItem", "Query"], partitions)

    def _allow_on(self, role: iam.Role, actions: Sequence[str], partitions: Sequence[str]) -> None:
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{action}" for action in actions],
                resources=[self.arn.value],
                conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [*partitions]}},
            )
        )
        if self.key:
            self.key.allow(role)

    def allow_index(self, role: iam.Role) -> None:
        """Let a role query the index of runs by time."""
        allow(role, ["dynamodb:Query"], [f"{self.arn.value}/index/{self.index}"])
