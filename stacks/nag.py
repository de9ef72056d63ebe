"""The AwsSolutions rules of cdk-nag on every synth, and the exceptions to them."""

from __future__ import annotations

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct


def check(app: App) -> None:
    """Make the synth of an app fail on a finding that nobody accepted."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def accept(construct: IConstruct, rule: str, *, because: str) -> None:
    """Accept one finding on one construct.

    Args:
        construct: what the rule found something at.
        rule: the finding, such as `AwsSolutions-S1` or `AwsSolutions-IAM5[Resource::*]`.
        because: why it is right here.
    """
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=because))


def refused_by_nag(error: RuntimeError) -> bool:
    """Whether a synth failed because of findings; CDK tells its kinds of errors apart by text."""
    return str(error).startswith("ValidationFailed")
