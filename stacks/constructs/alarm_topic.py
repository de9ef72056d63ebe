"""Where alarms are told."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.settings import Settings


def topic_arn(stack: Stack, settings: Settings) -> str:
    """The ARN of the deployment's topic, put together, for whoever tells people something."""
    return stack.format_arn(service="sns", resource=settings.function_name("alarms"))


def topic_of(scope: Construct, id_: str, *, name: str) -> sns.ITopic:
    """The topic of this name in the same account and region, from another stack.

    By name, and not by import: the stack with the topic comes after the ones it watches.
    """
    arn = Stack.of(scope).format_arn(service="sns", resource=name)
    return sns.Topic.from_topic_arn(scope, id_, arn)


class AlarmTopic(Construct):
    """An encrypted topic, reached by TLS only.

    Attributes:
        topic: the SNS topic.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        email: str | None,
        publisher_arns: Sequence[str],
        services: Sequence[str] = (),
    ) -> None:
        """A topic that alarms may publish to.

        Args:
            scope: the stack.
            id_: the construct's id.
            name: the topic's name.
            email: who is told, if anybody.
            publisher_arns: roles that publish, too.
            services: of AWS that publish, too, on behalf of this account.
        """
        super().__init__(scope, id_)
        # CloudWatch cannot publish to a topic under SNS's own key: its policy names nobody.
        key = kms.Key(
            self, "Key", description=f"{name}: messages of alarms", enable_key_rotation=True
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                principals=[
                    iam.ServicePrincipal("cloudwatch.amazonaws.com"),
                    *(iam.ArnPrincipal(each) for each in publisher_arns),
                ],
                resources=["*"],  # in a key's policy: this key
            )
        )
        self.topic = sns.Topic(self, "Topic", topic_name=name, master_key=key, enforce_ssl=True)
        self._let_alarms_publish()
        for service in services:
            self._let_publish(service, key)
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

    def _let_publish(self, service: str, key: kms.Key) -> None:
        """Let a service of AWS publish, and use the key for it, on behalf of this account alone.

        https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
        """
        principal = iam.ServicePrincipal(service)
        own = {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        for resource, actions, named in (
            (self.topic, ["sns:Publish"], self.topic.topic_arn),
            (key, ["kms:Decrypt", "kms:GenerateDataKey"], "*"),
        ):
            resource.add_to_resource_policy(
                iam.PolicyStatement(
                    actions=actions, principals=[principal], resources=[named], conditions=own
                )
            )

    def _let_alarms_publish(self) -> None:
        """`enforce_ssl` brings a policy, and a topic with one has lost the default that let them.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
        """
        stack = Stack.of(self)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name="*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[self.topic.topic_arn],
                conditions={
                    "ArnLike": {"aws:SourceArn": alarms},
                    "StringEquals": {"aws:SourceAccount": stack.account},
                },
            )
        )
