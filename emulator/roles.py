"""What an IAM role may do, for callers that act without an HTTP request of their own."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from emulator import environment, seams


@dataclass(frozen=True)
class Credentials:
    """Keys of a role session."""

    access_key: str
    secret_key: str
    token: str

    def environment(self) -> dict[str, str]:
        """As the variables every SDK reads."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.token,
        }


def session(role_arn: str, name: str) -> Credentials:
    """A session of the role; without IAM enforcement, the account's own keys."""
    if not seams.iam_enforced():
        return Credentials(environment.ACCESS_KEY, environment.SECRET_KEY, "")
    account, role = account_of(role_arn), role_name(role_arn)
    key = "ASIA" + hashlib.sha256(secrets.token_bytes(16)).hexdigest()[:16].upper()
    credentials = Credentials(key, secrets.token_hex(20), secrets.token_hex(40))
    seams.get("services.sts:register_session")(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
            "UserId": f"{role}:{name}",
            "SecretAccessKey": credentials.secret_key,
            "SessionToken": credentials.token,
        },
    )
    return credentials


def allowed(
    role_arn: str,
    action: str,
    resource: str,
    region: str,
    context: Mapping[str, object] | None = None,
) -> bool:
    """Whether the role's policies allow the action; always, without IAM enforcement."""
    if not seams.iam_enforced():
        return True
    account, role = account_of(role_arn), role_name(role_arn)
    request = seams.get("core.iam_evaluator:EvalContext")(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{role}/emulator",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        service_context=dict(context or {}),
    )
    policies = seams.get("core.iam_evaluator:_gather_role_policies")(role, account)
    return bool(seams.get("core.iam_evaluator:evaluate")(request, policies).decision == "Allow")


def allowed_somewhere(role_arn: str, action: str) -> bool:
    """Whether a policy of the role allows the action on any resource at all."""
    if not seams.iam_enforced():
        return True
    policies = seams.get("core.iam_evaluator:_gather_role_policies")(
        role_name(role_arn), account_of(role_arn)
    )
    return any(
        statement.effect == "Allow"
        and any(fnmatchcase(action.lower(), given.lower()) for given in statement.actions)
        for statements in policies
        for statement in statements
    )


def trusts(role_arn: str, service: str) -> bool:
    """Whether the role exists and its trust policy lets `service` take it on."""
    if not seams.iam_enforced():
        return True
    found: Any = seams.get("services.iam:_roles").get_scoped(
        account_of(role_arn), None, role_name(role_arn)
    )
    if found is None:
        return False
    document = found.get("AssumeRolePolicyDocument") or "{}"
    statements = (json.loads(document) if isinstance(document, str) else document)["Statement"]
    return any(
        statement.get("Effect") == "Allow"
        and service in _listed((statement.get("Principal") or {}), "Service")
        for statement in (statements if isinstance(statements, list) else [statements])
    )


def account_of(arn: str) -> str:
    """The account an ARN belongs to."""
    return arn.split(":")[4]


def role_name(role_arn: str) -> str:
    """The role's name, without its path."""
    return role_arn.rsplit("/", 1)[-1]


def _listed(principal: Any, key: str) -> list[str]:
    if not isinstance(principal, dict):
        return []
    value = principal.get(key, [])
    return [value] if isinstance(value, str) else list(value)
