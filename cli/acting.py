"""Other people on the emulator: whoever tries out approval by two persons is two there.

The emulator's own credentials are the root of its account, which is nobody in particular.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from cli.exits import CommandError, Exit

_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def acting(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The emulator's environment with the keys of the IAM user that `PERENNIAL_AS` names.

    The user is made where there is none, and may do anything: it is about who, not what.

    Raises:
        CommandError: that is no name.
    """
    name = os.environ.get("PERENNIAL_AS")
    if not name:
        return environment
    if not _NAME.fullmatch(name):
        raise CommandError(
            "PERENNIAL_AS is the name of an IAM user: letters, digits and +=,.@_-",
            code=Exit.USAGE,
        )
    key = _new_key(_iam(environment), name)
    return {**environment, "AWS_ACCESS_KEY_ID": key["AccessKeyId"]} | {
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]
    }


def _iam(environment: Mapping[str, str]) -> Any:
    import boto3

    return boto3.client(
        "iam",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def _new_key(iam: Any, name: str) -> dict[str, str]:
    """A key of a user, in the place of the ones before."""
    try:
        iam.create_user(UserName=name)
    except iam.exceptions.EntityAlreadyExistsException:
        for old in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=old["AccessKeyId"])
    document = json.dumps({"Version": "2012-10-17", "Statement": [_EVERYTHING]})
    iam.put_user_policy(UserName=name, PolicyName="everything", PolicyDocument=document)
    key: dict[str, str] = iam.create_access_key(UserName=name)["AccessKey"]
    return key
