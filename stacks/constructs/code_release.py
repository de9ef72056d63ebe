"""How requests move from one version of a function's code to the next."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks import nag
from stacks.constructs.python_function import PythonFunction
from stacks.release_settings import ALL_AT_ONCE, Release

ALIAS = "live"
_STEPS = {
    "canary10percent5minutes": "CANARY_10_PERCENT_5_MINUTES",
    "canary10percent10minutes": "CANARY_10_PERCENT_10_MINUTES",
    "canary10percent15minutes": "CANARY_10_PERCENT_15_MINUTES",
    "canary10percent30minutes": "CANARY_10_PERCENT_30_MINUTES",
    "linear10percentevery1minute": "LINEAR_10_PERCENT_EVERY_1_MINUTE",
    "linear10percentevery2minutes": "LINEAR_10_PERCENT_EVERY_2_MINUTES",
    "linear10percentevery3minutes": "LINEAR_10_PERCENT_EVERY_3_MINUTES",
    "linear10percentevery10minutes": "LINEAR_10_PERCENT_EVERY_10_MINUTES",
}


class CodeRelease(Construct):
    """An alias that callers call; CodeDeploy moves it in steps, and back when an alarm goes off.

    Attributes:
        alias: of the version in force.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        function: PythonFunction,
        release: Release,
        provisioned: int,
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        """A way to release.

        Args:
            scope: the stack.
            id_: the construct's id.
            function: what is released.
            release: the steps.
            provisioned: environments kept warm.
            alarms: take a release back.
        """
        super().__init__(scope, id_)
        self.alias = lambda_.Alias(
            self,
            "Alias",
            alias_name=ALIAS,
            version=function.function.current_version,
            provisioned_concurrent_executions=provisioned or None,
        )
        if release != ALL_AT_ONCE:
            self._in_steps(release, alarms)

    def _in_steps(self, release: Release, alarms: Sequence[cloudwatch.IAlarm]) -> None:
        group = codedeploy.LambdaDeploymentGroup(
            self,
            "Group",
            alias=self.alias,
            deployment_config=getattr(codedeploy.LambdaDeploymentConfig, _STEPS[release]),
            alarms=list(alarms),
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
        )
        nag.accept(
            group.role,
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AWSCodeDeployRoleForLambdaLimited]",
            because="what CodeDeploy needs to move an alias, kept up to date by AWS",
        )
