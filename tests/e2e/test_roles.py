"""Each role with IAM enforced: what it may, it can; what it may not, it cannot."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from botocore.exceptions import ClientError

from tests.e2e.platform import Platform
from tests.e2e.principals import Person, user

NOBODY = "nobody-s-model"  # not deployed: what is brought for it starts nothing
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
READ = {  # objects that are there, by what they are
    "read raw uploads": f"incoming/{NOBODY}/there",
    "read datasets": f"datasets/{NOBODY}/there",
    "read runs": f"runs/{NOBODY}/there",
    "read captures": f"captures/model={NOBODY}/there",
    "read truth": f"truth/model={NOBODY}/there",
    "read training data gathered": f"retraining/{NOBODY}/there",
    "read monitoring reports": f"reports/{NOBODY}/there",
    "read scores": f"score/{NOBODY}/there",
}
WRITE = {
    "upload training data": f"incoming/{NOBODY}/new",
    "upload rows to score": f"score/{NOBODY}/new",
    "upload outcomes": f"outcomes/{NOBODY}/new",
    "write a dataset": f"datasets/{NOBODY}/new",
    "write a run": f"runs/{NOBODY}/new",
    "write captures": f"captures/model={NOBODY}/new",
    "write gathered training data": f"retraining/{NOBODY}/new",
}
OPERATIONS = {
    "approve": ("POST", "versions/1/approval"),
    "set a route": ("PUT", "route"),
    "roll back": ("POST", "rollback"),
    "change a rollout": ("POST", "rollout"),
    "resume automation": ("POST", "automation"),
    "forget a person": ("POST", "forget"),
    "ask who did what": ("GET", "history"),
}
PARTITIONS = {
    "read the registry": f"MODEL#{NOBODY}",
    "read the history": f"HISTORY#{NOBODY}",
    "read a workflow's token": f"TOKEN#{NOBODY}",
}

REGISTRY = {"read the registry", "read the history", "see the stacks", "ask who did what"}
MAY = {
    "data-scientist": REGISTRY
    | {
        "read artifacts",
        "read runs",
        "read datasets",
        "read monitoring reports",
        "upload training data",
    }
    | {"see a training", "read logs", "read the API key"},
    "approver": REGISTRY | {"read artifacts", "read runs", "read monitoring reports", "approve"},
    "operator": REGISTRY
    | {"read runs", "read monitoring reports", "set a route", "roll back", "change a rollout"}
    | {"resume automation", "forget a person", "see a training", "read alarms", "read logs"}
    | {"ask for a monitoring report"},
    "auditor": REGISTRY
    | {
        *READ,
        "read artifacts",
        "see a training",
        "read alarms",
        "read logs",
        "read an old version of an object",
    },
    "application": {"upload rows to score", "upload outcomes", "read scores"},
}
NOBODY_MAY = {
    "call a function",
    "start a training by hand",
    "delete an object",
    "edit the registry",
    "rewrite the history",
    "read a workflow's token",
    "end a wait by its token",
    "replace an artifact",
    "list the roles",
    "become somebody else",
    "write a dataset",
    "write a run",
    "write captures",
    "write gathered training data",
}


class Attempts:
    """Everything that is tried, by its name; each is allowed or denied."""

    def __init__(self, platform: Platform, person: Person) -> None:
        self._platform, self._person = platform, person
        self._data = platform.outputs["DataBucketName"]
        self._artifacts = platform.outputs["ArtifactBucketName"]
        self._table = platform.outputs["TableName"]

    def all(self) -> dict[str, Callable[[], object]]:
        s3 = self._person.client("s3")
        tries: dict[str, Callable[[], object]] = {}
        for what, key in READ.items():
            tries[what] = partial(s3.get_object, Bucket=self._data, Key=key)
        for what, key in WRITE.items():
            tries[what] = partial(s3.put_object, Bucket=self._data, Key=key, Body=b"1")
        for what, (method, path) in OPERATIONS.items():
            tries[what] = partial(self._operate, method, path)
        table = self._person.client("dynamodb")
        for what, partition in PARTITIONS.items():
            item = {"pk": {"S": partition}, "sk": {"S": "x"}}
            tries[what] = partial(table.get_item, TableName=self._table, Key=item)
        return {**tries, **self._others()}

    def _others(self) -> dict[str, Callable[[], object]]:
        client, name = self._person.client, "perennial"
        s3, table, states = client("s3"), client("dynamodb"), client("stepfunctions")
        there = {"Bucket": self._data, "Key": READ["read runs"]}
        version = self._platform.client("s3").head_object(**there)["VersionId"]
        machine = self._platform.outputs["StateMachineArn"]
        execution = machine.replace(":stateMachine:", ":execution:") + ":none"
        monitoring = self._platform.outputs["MonitoringMachineArn"]
        item = {"pk": {"S": f"MODEL#{NOBODY}"}, "sk": {"S": "ROUTE"}}
        event = {"pk": {"S": f"HISTORY#{NOBODY}"}, "sk": {"S": "EVENT#0000000001"}}
        key_id = self._platform.outputs["ApiKeyId"]
        role = f"arn:aws:iam::000000000000:role/{name}"
        return {
            "read artifacts": lambda: s3.get_object(Bucket=self._artifacts, Key="artifacts/there"),
            "read an old version of an object": lambda: s3.get_object(VersionId=version, **there),
            "replace an artifact": lambda: s3.put_object(
                Bucket=self._artifacts, Key="artifacts/there", Body=b"2"
            ),
            "delete an object": lambda: s3.delete_object(**there),
            "edit the registry": lambda: table.put_item(TableName=self._table, Item=item),
            "rewrite the history": lambda: table.delete_item(TableName=self._table, Key=event),
            "see a training": lambda: states.describe_execution(executionArn=execution),
            # What cannot be read as JSON starts nothing, and is refused only to who may start.
            "ask for a monitoring report": lambda: states.start_execution(
                stateMachineArn=monitoring, input="{"
            ),
            "start a training by hand": lambda: states.start_execution(
                stateMachineArn=machine, input="{"
            ),
            "end a wait by its token": lambda: states.send_task_success(
                taskToken="none", output="{}"
            ),
            "call a function": lambda: client("lambda").invoke(
                FunctionName=f"{name}-trigger", Payload=b"{}"
            ),
            "see the stacks": lambda: client("cloudformation").describe_stacks(
                StackName="Perennial-Storage"
            ),
            "read alarms": lambda: client("cloudwatch").describe_alarms(),
            "read logs": lambda: client("logs").filter_log_events(
                logGroupName="/perennial/trigger", limit=1
            ),
            "read the API key": lambda: client("apigateway").get_api_key(
                apiKey=key_id, includeValue=True
            ),
            "list the roles": lambda: client("iam").list_roles(),
            "become somebody else": lambda: client("sts").assume_role(
                RoleArn=role, RoleSessionName="trial"
            ),
        }

    def _operate(self, method: str, path: str) -> None:
        """With an empty body, which is looked at only once IAM has let the request through."""
        model = "wine" if path != "versions/1/approval" else "approved"
        answer = self._person.asks(method, f"/v1/models/{model}/{path}", {})
        if answer.status == 403:
            raise ClientError({"Error": {"Code": "403"}}, path)
        assert answer.status == (200 if method == "GET" else 422), answer.body


def allowed(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except ClientError as error:
        return error.response["Error"]["Code"] not in DENIED
    return True


@pytest.fixture(scope="module")
def objects(platform: Platform) -> None:
    """Something to read everywhere."""
    s3 = platform.client("s3")
    for key in READ.values():
        s3.put_object(Bucket=platform.outputs["DataBucketName"], Key=key, Body=b"1")
    bucket = platform.outputs["ArtifactBucketName"]
    s3.put_object(Bucket=bucket, Key="artifacts/there", Body=b"1")


@pytest.mark.parametrize("role", MAY)
def test_a_role_may_what_it_may_and_cannot_what_it_may_not(
    platform: Platform, objects: None, role: str
) -> None:
    output = "".join(word.capitalize() for word in role.split("-")) + "PolicyArn"
    person = user(platform, f"one-{role}", platform.outputs[output])
    attempts = Attempts(platform, person).all()
    assert MAY[role] <= set(attempts)
    assert {what for what, attempt in attempts.items() if allowed(attempt)} == MAY[role]


def test_what_no_role_may_is_tried_by_each(platform: Platform) -> None:
    everything = set().union(*MAY.values())
    assert not everything & NOBODY_MAY
    person = user(platform, "one-without-a-role", platform.outputs["ApplicationPolicyArn"])
    assert set(Attempts(platform, person).all()) == everything | NOBODY_MAY
