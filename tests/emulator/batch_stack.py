"""The Batch resources the tests deploy: one queue, one job definition, their roles."""

from collections.abc import Mapping
from typing import Any

from tests.emulator.deploying import Cloud, Stack, allow, attribute, ref, role

LOGS = "/perennial/test-jobs"


def container(**properties: object) -> dict[str, object]:
    """Container properties of a Fargate job of the test image."""
    return {
        "Image": "perennial-local/echo:latest",
        "JobRoleArn": attribute("JobRole", "Arn"),
        "ExecutionRoleArn": attribute("ExecutionRole", "Arn"),
        "ResourceRequirements": [
            {"Type": "VCPU", "Value": "0.25"},
            {"Type": "MEMORY", "Value": "512"},
        ],
        "Environment": [{"Name": "SHOUT", "Value": "yes"}],
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {"awslogs-group": ref("Logs"), "awslogs-stream-prefix": "echo"},
        },
        "NetworkConfiguration": {"AssignPublicIp": "ENABLED"},
        "FargatePlatformConfiguration": {"PlatformVersion": "LATEST"},
        "RuntimePlatform": {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"},
        "EphemeralStorage": {"SizeInGiB": 30},
        **properties,
    }


def resources(group: str, vcpus: int = 16) -> dict[str, Any]:
    """Everything a job needs."""
    return {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": group}},
        "JobRole": role("ecs-tasks.amazonaws.com", allow("s3:GetObject")),
        "ExecutionRole": role(
            "ecs-tasks.amazonaws.com",
            allow("logs:CreateLogStream", "logs:PutLogEvents", on=attribute("Logs", "Arn")),
        ),
        "Environment": {
            "Type": "AWS::Batch::ComputeEnvironment",
            "Properties": {
                "Type": "MANAGED",
                "ComputeResources": {
                    "Type": "FARGATE",
                    "MaxvCpus": vcpus,
                    "Subnets": ["subnet-1"],
                    "SecurityGroupIds": ["sg-1"],
                },
            },
        },
        "Queue": {
            "Type": "AWS::Batch::JobQueue",
            "Properties": {
                "Priority": 1,
                "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": ref("Environment")}],
            },
        },
        "Definition": {
            "Type": "AWS::Batch::JobDefinition",
            "Properties": {
                "Type": "container",
                "PlatformCapabilities": ["FARGATE"],
                "ContainerProperties": container(),
                "RetryStrategy": {"Attempts": 1},
                "Parameters": {"what": "nothing"},
            },
        },
    }


OUTPUTS: Mapping[str, object] = {
    "Queue": ref("Queue"),
    "Definition": ref("Definition"),
    "Bucket": ref("Bucket"),
    "Environment": attribute("Environment", "ComputeEnvironmentArn"),
}


def deploy(cloud: Cloud) -> Stack:
    """The stack the job tests share."""
    return cloud.deploy(resources(LOGS), OUTPUTS)
