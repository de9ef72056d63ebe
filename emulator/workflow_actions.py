"""Which IAM action, on which resource, a workflow task's resource stands for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_PREFIX: Final = "arn:aws:states:::"
# Names of SDK services that differ from their IAM prefix.
_IAM_NAMES: Final = {
    "sfn": "states",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "secretsmanager": "secretsmanager",
}


@dataclass(frozen=True)
class Needed:
    """One right a task needs.

    Attributes:
        action: the IAM action.
        resource: its ARN; None when it cannot be told from the task.
        error: the name of the error a task without the right fails with.
    """

    action: str
    resource: str | None
    error: str


def needed(resource: str, arguments: Any, account: str, region: str) -> Iterator[Needed]:
    """The rights a task needs."""
    given = arguments if isinstance(arguments, dict) else {}
    if ":function:" in resource and not resource.startswith(_PREFIX):
        yield Needed("lambda:InvokeFunction", resource, "Lambda.AWSLambdaException")
        return
    if not resource.startswith(_PREFIX):
        return
    words = resource.removeprefix(_PREFIX).partition(".")[0].split(":")
    if words[0] == "aws-sdk":
        words = words[1:]
    service, name = words[0], words[-1]
    iam = _IAM_NAMES.get(service.lower(), service.lower())
    action = f"{iam}:{_action(iam, name)}"
    error = _error(service)
    for arn in _resources(iam, given, account, region):
        yield Needed(action, arn, error)


def _action(iam: str, name: str) -> str:
    action = name[:1].upper() + name[1:]
    return "InvokeFunction" if (iam, action) == ("lambda", "Invoke") else action


def _error(service: str) -> str:
    if service == "lambda":
        return "Lambda.AWSLambdaException"
    return f"{service[:1].upper()}{service[1:]}.AccessDeniedException"


def _resources(iam: str, given: dict[str, Any], account: str, region: str) -> list[str | None]:
    match iam:
        case "lambda":
            name = str(given.get("FunctionName", ""))
            arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
            return [name if name.startswith("arn:") else arn]
        case "batch" if "JobQueue" in given:
            return [
                _batch(str(given["JobQueue"]), "job-queue", account, region),
                _batch(str(given["JobDefinition"]), "job-definition", account, region),
            ]
        case "dynamodb" if "TableName" in given:
            table = str(given["TableName"])
            arn = f"arn:aws:dynamodb:{region}:{account}:table/{table}"
            return [table if table.startswith("arn:") else arn]
        case "s3" if "Bucket" in given:
            key = f"/{given['Key']}" if "Key" in given else ""
            return [f"arn:aws:s3:::{given['Bucket']}{key}"]
        case "sns":
            return [given.get("TopicArn")]
        case "sqs" if "QueueUrl" in given:
            return [f"arn:aws:sqs:{region}:{account}:{str(given['QueueUrl']).rsplit('/', 1)[-1]}"]
        case "states":
            return [given.get("StateMachineArn")]
    return [None]


def _batch(reference: str, kind: str, account: str, region: str) -> str:
    if reference.startswith("arn:"):
        return reference
    return f"arn:aws:batch:{region}:{account}:{kind}/{reference}"
