"""What a template may contain: types that run here, types that may be ignored, nothing else."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from emulator import alarms, inert, locks, seam_names, seams
from emulator.batch import Batch
from emulator.lambdas import layers

_STARTING: Final = ("ExecuteChangeSet", "CreateStack", "UpdateStack", "DeleteStack")
_SETTLE_SECONDS: Final = 20.0

# Types whose resources do what they do on AWS, as far as the product uses them.
RUNS: Final = frozenset(
    {
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::Authorizer",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Model",
        "AWS::ApiGateway::RequestValidator",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::Batch::ComputeEnvironment",
        "AWS::Batch::JobDefinition",
        "AWS::Batch::JobQueue",
        "AWS::CloudFormation::CustomResource",
        "AWS::CloudFormation::Stack",
        "AWS::CloudFormation::WaitCondition",
        "AWS::CloudFormation::WaitConditionHandle",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::DynamoDB::Table",
        "AWS::Events::EventBus",
        "AWS::Events::Rule",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::LayerVersionPermission",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Url",
        "AWS::Lambda::Version",
        "AWS::Logs::LogGroup",
        "AWS::Logs::LogStream",
        "AWS::Logs::ResourcePolicy",
        "AWS::Logs::SubscriptionFilter",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::SSM::Parameter",
        "AWS::Scheduler::Schedule",
        "AWS::Scheduler::ScheduleGroup",
        "AWS::SecretsManager::Secret",
        "AWS::StepFunctions::StateMachine",
    }
)

# Types that are recorded and do nothing, each with the reason why that is harmless here.
INERT: Final[dict[str, str]] = {
    "AWS::CDK::Metadata": "usage statistics of the CDK; it provisions nothing on AWS either",
    "AWS::ApiGateway::Account": "lets API Gateway write its own logs; no API log is emulated",
    "AWS::ApiGateway::BasePathMapping": "as its DomainName",
    "AWS::ApiGateway::DomainName": "no name of the internet leads to this machine",
    "AWS::Budgets::Budget": "nothing is billed here",
    "AWS::Chatbot::SlackChannelConfiguration": "no message leaves this machine",
    "AWS::CodeDeploy::Application": "an alias moves at once: there is no traffic to be careful of",
    "AWS::CodeDeploy::DeploymentGroup": "as its Application",
    "AWS::Route53::RecordSet": "no name of the internet leads to this machine",
    "AWS::WAFv2::WebACL": "nobody but this machine can reach the API",
    "AWS::WAFv2::WebACLAssociation": "as its WebACL",
    "AWS::ECR::Repository": "cdk bootstrap makes one; images are local programs here",
    "AWS::EC2::VPC": "jobs are processes of this machine and need no network of their own",
    "AWS::EC2::Subnet": "as the VPC",
    "AWS::EC2::RouteTable": "as the VPC",
    "AWS::EC2::Route": "as the VPC",
    "AWS::EC2::SubnetRouteTableAssociation": "as the VPC",
    "AWS::EC2::InternetGateway": "as the VPC",
    "AWS::EC2::VPCGatewayAttachment": "as the VPC",
    "AWS::EC2::VPCEndpoint": "as the VPC",
    "AWS::EC2::SecurityGroup": "as the VPC",
}


def install(batch: Batch, unpacked: Path) -> None:
    """Extend the provisioner when the first template arrives, and refuse what does not run.

    Args:
        batch: runs the jobs.
        unpacked: where layers are unpacked for all workers.
    """

    def extend() -> None:
        seams.verify(seam_names.DEPLOY_NAMES)
        batch.install_in_cloudformation()
        alarms.install_in_cloudformation()
        layers.install_in_cloudformation(unpacked)
        inert.install_in_cloudformation(INERT)
        locks.install_in_cloudformation()
        _refuse_others()
        _answer_when_done()

    seams.when_loaded("cloudformation", extend)


def refused(template: Mapping[str, Any], conditions: Mapping[str, bool]) -> list[str]:
    """`LogicalId (Type)` of each resource the emulator does not run, by logical id."""
    names = []
    for logical_id, resource in (template.get("Resources") or {}).items():
        if not isinstance(resource, dict):
            continue
        condition = resource.get("Condition")
        kind = str(resource.get("Type"))
        present = condition is None or conditions.get(condition, True)
        if present and kind not in RUNS and kind not in INERT and not kind.startswith("Custom::"):
            names.append(f"{logical_id} ({kind})")
    return sorted(names)


def _refuse_others() -> None:
    def validate(
        template: dict[str, Any],
        conditions: dict[str, bool],
        params: dict[str, Any] | None = None,
    ) -> None:
        names = refused(template, conditions)
        if names:
            raise ValueError("The emulator does not run these resources: " + ", ".join(names))
        original(template, conditions, params)

    original = seams.replace_everywhere(
        "services.cloudformation.engine:validate_template_support", validate
    )


def _answer_when_done() -> None:
    """Hold the answer of an operation on a stack until the stack has settled.

    Clients poll: the first look of the cdk CLI then finds the stack complete, instead of its
    second, five seconds later.
    """

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> object:
        answer = await original(method, path, headers, body, query_params)
        asked = {key: values[0] for key, values in parse_qs((body or b"").decode()).items()}
        if asked.get("Action") in _STARTING and asked.get("StackName"):
            deadline = time.monotonic() + _SETTLE_SECONDS
            while time.monotonic() < deadline and _in_progress(asked["StackName"]):
                await asyncio.sleep(0.02)
        return answer

    original = seams.replace("services.cloudformation:handle_request", handle)


def _in_progress(name: str) -> bool:
    """Whether the stack, by name or id, is being worked on."""
    stacks = seams.get("services.cloudformation:_stacks")
    stack = stacks.get(name.split("/")[1] if name.startswith("arn:") else name)
    status = str((stack or {}).get("StackStatus", ""))
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
