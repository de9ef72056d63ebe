"""What the state machines of all workflows have in common: their log, and no tracing."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks import nag
from stacks.constructs.retention import retention
from stacks.settings import Settings


def workflow_machine(
    scope: Construct,
    *,
    settings: Settings,
    name: str,
    log: str,
    role: iam.Role,
    definition: str,
    substitutions: Mapping[str, str],
) -> sfn.StateMachine:
    """The machine of a workflow and its log group, in the workflow's construct.

    Args:
        scope: the workflow.
        settings: the deployment's settings.
        name: physical name of the machine.
        log: part of the log group's name.
        role: of the machine.
        definition: Amazon States Language with placeholders.
        substitutions: what the placeholders stand for.
    """
    log_group = logs.LogGroup(
        scope,
        "Logs",
        # Under this prefix the log service needs no growing resource policy.
        log_group_name=f"/aws/vendedlogs{settings.log_group_name(log)}",
        retention=retention(settings.log_retention_days),
        removal_policy=RemovalPolicy.DESTROY,
    )
    machine = sfn.StateMachine(
        scope,
        "Machine",
        state_machine_name=name,
        role=role,
        definition_body=sfn.DefinitionBody.from_string(definition),
        definition_substitutions=dict(substitutions),
        logs=sfn.LogOptions(
            destination=log_group, level=sfn.LogLevel.ERROR, include_execution_data=False
        ),
        tracing_enabled=False,
    )
    nag.accept(
        machine,
        "AwsSolutions-SF1",
        because="errors only: the history of an execution is kept by Step Functions, and "
        "each state's function logs for itself",
    )
    nag.accept(
        machine,
        "AwsSolutions-SF2",
        because="no tracing: the history of an execution shows each state with its times",
    )
    return machine
