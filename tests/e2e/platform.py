"""A deployed Perennial on the emulator, as the end-to-end tests speak to it."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from perennial.adapters import dynamodb_items
from perennial.registry.records import Run

from emulator.control import Emulator

TRAINING_SECONDS = 120.0
PATIENCE = 4.0  # how much longer a busy machine may take than a test says


@dataclass(frozen=True)
class Answer:
    """What the endpoint answered."""

    status: int
    content_type: str
    body: Any


@dataclass
class Platform:
    """One deployment: its clients, its outputs and the few things every journey does."""

    emulator: Emulator
    outputs: dict[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client with the rights of the account's root, as a person deploying has."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.emulator.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}),
        )

    def read_outputs(self) -> None:
        """Learn the names of what was deployed."""
        for stack in self.client("cloudformation").describe_stacks()["Stacks"]:
            for output in stack.get("Outputs", []):
                self.outputs[output["OutputKey"]] = output["OutputValue"]

    @property
    def registry(self) -> Any:
        from perennial.adapters.dynamodb import DynamoRegistry

        return DynamoRegistry(self.outputs["TableName"], self.client("dynamodb"))

    def upload(self, model: str, body: bytes, name: str = "data.csv", *, client: Any = None) -> str:
        """Put a training file where uploads arrive; the id of the run it starts."""
        bucket, key = self.outputs["DataBucketName"], f"incoming/{model}/{name}"
        stored = (client or self.client("s3")).put_object(Bucket=bucket, Key=key, Body=body)
        version = stored["VersionId"]
        return hashlib.sha256(f"{bucket}\n{key}\n{version}".encode()).hexdigest()[:32]

    def finished(self, model: str, run_id: str, seconds: float = TRAINING_SECONDS) -> Run:
        """Wait until a run has ended."""
        run = until(
            lambda: (found := self.registry.run(model, run_id)) and found.status.final and found,
            f"run {run_id} of {model} to end",
            seconds,
        )
        assert isinstance(run, Run)
        return run

    def train(self, model: str, body: bytes, name: str = "data.csv") -> Run:
        """Upload a file and wait until its run has ended."""
        return self.finished(model, self.upload(model, body, name))

    @property
    def api(self) -> str:
        """The stage's address on the emulator."""
        return f"{self.emulator.endpoint}/_aws/execute-api/{self.outputs['ApiId']}/live"

    @property
    def key(self) -> str:
        """The API key a client sends."""
        found = self.client("apigateway").get_api_key(
            apiKey=self.outputs["ApiKeyId"], includeValue=True
        )
        return str(found["value"])

    def call(
        self,
        path: str,
        body: object = None,
        *,
        key: str | None = "",
        raw: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send one request: POST with a body, GET without. `key=None` sends no key."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data=data)
        if data is not None:
            request.add_header("Content-Type", content_type)
        if key is not None:
            request.add_header("x-api-key", key or self.key)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return _answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.headers, error.read())

    def predict(self, model: str, *rows: dict[str, object]) -> Answer:
        """Ask for the predictions of rows."""
        return self.call(f"/v1/models/{model}/predict", {"rows": list(rows)})

    @contextmanager
    def untrained(self, model: str) -> Iterator[None]:
        """A model as it was before its first training, for as long as this lasts."""
        table, key = self.outputs["TableName"], dynamodb_items.key(model, dynamodb_items.ROUTE)
        client = self.client("dynamodb")
        route = client.get_item(TableName=table, Key=key).get("Item")
        client.delete_item(TableName=table, Key=key)
        try:
            yield
        finally:
            if route is not None:
                client.put_item(TableName=table, Item=route)

    @contextmanager
    def denied(self, role_part: str, statement: dict[str, object]) -> Iterator[None]:
        """Take rights from the role whose name holds `role_part`, for as long as this lasts."""
        iam = self.client("iam")
        roles = [r["RoleName"] for r in iam.list_roles(MaxItems=1000)["Roles"]]
        (role,) = [name for name in roles if role_part in name]
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **statement}]}
        iam.put_role_policy(RoleName=role, PolicyName="x", PolicyDocument=json.dumps(policy))
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName="x")


def until(probe: Callable[[], object], what: str, seconds: float) -> object:
    """Ask again and again until the answer is true; fail by name when time is up."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := probe():
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    kind = str(headers.get("Content-Type", ""))
    return Answer(status, kind, json.loads(body) if "json" in kind and body else body)
