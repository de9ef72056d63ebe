"""A Slack channel that hears what the alarms' topic says."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct


class SlackChannel(Construct):
    """One channel. It is told things; nobody can command anything from it.

    The workspace must have been authorized once, by hand, in the console of AWS Chatbot (Amazon Q
    Developer in chat applications).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        workspace_id: str,
        channel_id: str,
        topic: sns.ITopic,
    ) -> None:
        """Args: name: of the configuration; workspace_id, channel_id: of Slack; topic: heard."""
        super().__init__(scope, id_)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"))
        chatbot.CfnSlackChannelConfiguration(
            self,
            "Channel",
            configuration_name=name,
            slack_workspace_id=workspace_id,
            slack_channel_id=channel_id,
            iam_role_arn=role.role_arn,
            sns_topic_arns=[topic.topic_arn],
            # Left out, what the channel may do at most would be everything.
            guardrail_policies=[f"arn:{Aws.PARTITION}:iam::aws:policy/AWSDenyAll"],
            logging_level="ERROR",
        )
