"""People with rights of their own: IAM users and sessions of roles, on the emulator."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from tests.e2e.platform import Answer, Platform

ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@dataclass(frozen=True)
class Person:
    """Somebody with keys.

    Attributes:
        platform: where.
        keys: theirs.
        arn: of the user, or of the session.
        id: as IAM has it.
    """

    platform: Platform
    keys: Credentials
    arn: str
    id: str

    def client(self, service: str) -> Any:
        """A client with this person's rights."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.platform.emulator.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.keys.access_key,
            aws_secret_access_key=self.keys.secret_key,
            aws_session_token=self.keys.token,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
        )

    def upload(self, model: str, body: bytes, name: str = "data.csv") -> str:
        """Put a training file where uploads arrive; the id of the run it starts."""
        return self.platform.upload(model, body, name, client=self.client("s3"))

    def asks(self, method: str, path: str, body: object) -> Answer:
        """Send a signed request to the API."""
        data = json.dumps(body).encode()
        url = self.platform.api + path
        signed = AWSRequest(method, url, data=data, headers={"Content-Type": "application/json"})
        SigV4Auth(self.keys, "execute-api", "us-east-1").add_auth(signed)
        request = urllib.request.Request(
            url, data=data, method=method, headers=dict(signed.headers.items())
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response.status, "", json.loads(response.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, "", json.loads(error.read()))

    def decides(self, model: str, version: int, decision: str, reason: str = "it is so") -> Answer:
        """Approve or reject a version."""
        path = f"/v1/models/{model}/versions/{version}/approval"
        return self.asks("POST", path, {"decision": decision, "reason": reason})


def user(platform: Platform, name: str, *policies: str) -> Person:
    """An IAM user with managed policies, or with all rights where none is named."""
    iam = platform.client("iam")
    made = iam.create_user(UserName=name)["User"]
    for policy in policies:
        iam.attach_user_policy(UserName=name, PolicyArn=policy)
    if not policies:
        document = {"Version": "2012-10-17", "Statement": [ANYTHING]}
        iam.put_user_policy(
            UserName=name, PolicyName="anything", PolicyDocument=json.dumps(document)
        )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    return Person(platform, keys, made["Arn"], made["UserId"])


def session(platform: Platform, role: str, name: str) -> Person:
    """A session of a role that may do anything; the role is made where there is none."""
    iam = platform.client("iam")
    known = {each["RoleName"]: each for each in iam.list_roles(MaxItems=1000)["Roles"]}
    if role not in known:
        made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        known[role] = made
        document = {"Version": "2012-10-17", "Statement": [ANYTHING]}
        iam.put_role_policy(RoleName=role, PolicyName="x", PolicyDocument=json.dumps(document))
    taken = platform.client("sts").assume_role(RoleArn=known[role]["Arn"], RoleSessionName=name)
    keys, who = taken["Credentials"], taken["AssumedRoleUser"]
    return Person(
        platform,
        Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]),
        who["Arn"],
        who["AssumedRoleId"],
    )
