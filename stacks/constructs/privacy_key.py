"""The key of KMS that pseudonyms are made with."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.python_function import PythonFunction
from stacks.shared import Shared, allow


class PrivacyKey(Construct):
    """An HMAC key: it makes codes, and never leaves KMS.

    KMS does not rotate such keys, and must not here: with another key a person would have
    another pseudonym, and could be found in nothing that is older.

    Attributes:
        key: the key.
    """

    def __init__(self, scope: Construct, id_: str, *, retain: bool) -> None:
        """A key.

        Args:
            scope: the stack.
            id_: the construct's id.
            retain: keep the key when the stack is deleted.
        """
        super().__init__(scope, id_)
        self.key = kms.Key(
            self,
            "Key",
            description="Perennial: pseudonyms of persons",
            key_spec=kms.KeySpec.HMAC_256,
            key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC,
            removal_policy=RemovalPolicy.RETAIN if retain else RemovalPolicy.DESTROY,
        )


@dataclass(frozen=True)
class SharedPrivacyKey:
    """The key as other stacks see it."""

    arn: Shared

    def give(self, *functions: PythonFunction) -> None:
        """Let functions derive the secret of pseudonyms, and tell them from which key."""
        for function in functions:
            allow(function.role, ["kms:GenerateMac"], [self.arn.value])
            function.function.add_environment("PERENNIAL_PRIVACY_KEY", self.arn.value)
