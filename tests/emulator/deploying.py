"""Deploys small templates to the emulator under test, without the CDK."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3

from emulator.control import Emulator


@dataclass(frozen=True)
class Cloud:
    """The emulator under test, with clients for it."""

    emulator: Emulator

    def client(self, service: str) -> Any:
        """A boto3 client that talks to the emulator as the account's root."""
        told = self.emulator.environment()
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.emulator.endpoint,
            region_name=told["AWS_REGION"],
            aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
        )

    def deploy(self, resources: Mapping[str, object], outputs: Mapping[str, object]) -> "Stack":
        """Create a stack of these resources and wait for it."""
        formation = self.client("cloudformation")
        name = f"test-{uuid.uuid4().hex[:8]}"
        template = {
            "Resources": resources,
            "Outputs": {key: {"Value": value} for key, value in outputs.items()},
        }
        formation.create_stack(
            StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        formation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 600}
        )
        return Stack(name, _outputs(formation, name))


@dataclass(frozen=True)
class Stack:
    """A deployed stack: its name and outputs."""

    name: str
    outputs: dict[str, str]

    def __getitem__(self, key: str) -> str:
        return self.outputs[key]


def _outputs(formation: Any, name: str) -> dict[str, str]:
    described = formation.describe_stacks(StackName=name)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}


_T = TypeVar("_T")


def eventually(look: Callable[[], _T | None], seconds: float = 20.0, every: float = 0.05) -> _T:
    """What `look` returns once that is true; fails when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"not within {seconds} s; last seen: {seen!r}"
        time.sleep(every)


def role(service: str, *statements: Mapping[str, object]) -> dict[str, object]:
    """A role for `service` that may do what the statements say."""
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": service},
                        "Action": "sts:AssumeRole",
                    }
                ],
            },
            "Policies": [
                {
                    "PolicyName": "given",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
                }
            ]
            if statements
            else [],
        },
    }


def allow(*actions: str, on: object = "*") -> dict[str, object]:
    """A policy statement."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def function(role_id: str, source: str, **properties: object) -> dict[str, object]:
    """A Lambda function with inline source; `handler` in it is called."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Code": {"ZipFile": source},
            "Role": attribute(role_id, "Arn"),
            **properties,
        },
    }


def ref(logical_id: str) -> dict[str, str]:
    """A reference."""
    return {"Ref": logical_id}


def attribute(logical_id: str, name: str) -> dict[str, list[str]]:
    """An attribute of a resource."""
    return {"Fn::GetAtt": [logical_id, name]}


def archive(files: Mapping[str, str]) -> bytes:
    """A zip file of these texts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return buffer.getvalue()
