"""The lean clients against servers that check signatures, hang up and answer nonsense."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from perennial.adapters import lean_http
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.lean import Client
from perennial.adapters.lean_dynamodb import LeanRoutes
from perennial.adapters.lean_http import Origin
from perennial.adapters.lean_reply import Reply
from perennial.adapters.lean_s3 import LeanObjects
from perennial.errors import Unavailable
from perennial.registry.records import Event, Route, RoutedVersion

from tests.unit.serving.aws_double import BUCKET, TABLE, Aws

DIGEST = "d" * 64
URI = f"s3://{BUCKET}/artifacts/bank/{DIGEST}.zip"


Connect = Callable[..., Client]


@pytest.fixture
def connect(aws: Aws) -> Iterator[Connect]:
    clients = []

    def make(service: str, **environment: str) -> Client:
        clients.append(
            Client(service, read_timeout=5, environment={**aws.environment, **environment})
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def routes(connect: Connect) -> LeanRoutes:
    return LeanRoutes(TABLE, connect("dynamodb"))


@pytest.fixture
def objects(connect: Connect) -> LeanObjects:
    return LeanObjects(connect("s3"))


def test_a_route_the_registry_wrote_is_read(aws: Aws, routes: LeanRoutes) -> None:
    at = "2026-01-01T00:00:00.000Z"
    route = Route("bank", 1, RoutedVersion(7, DIGEST, URI), None, at, "me", "first")
    event = Event("bank", 1, at, "me", "route_changed", "route 1", "first")
    DynamoRegistry(TABLE, aws.dynamodb).set_route(route, event)
    champion = routes.champion("bank")
    assert champion is not None
    assert champion.number == 7
    assert champion.artifact_digest == DIGEST
    assert champion.artifact_uri == URI


def set_route(aws: Aws, **rollout: Any) -> None:
    at = "2026-01-01T00:00:00.000Z"
    route = Route("bank", 1, RoutedVersion(7, DIGEST, URI), None, at, "me", "first", **rollout)
    event = Event("bank", 1, at, "me", "route_changed", "route 1", "first")
    DynamoRegistry(TABLE, aws.dynamodb).set_route(route, event)


def test_outside_of_a_rollout_the_champion_stands_alone(aws: Aws, routes: LeanRoutes) -> None:
    set_route(aws)
    champion = routes.champion("bank")
    assert champion is not None
    assert champion.rollout is None


@pytest.mark.parametrize("share", [0.0, 0.05, 1.0])
def test_a_challenger_the_registry_wrote_is_read(
    aws: Aws, routes: LeanRoutes, share: float
) -> None:
    challenger = RoutedVersion(8, DIGEST, URI)
    set_route(aws, challenger=challenger, share=share, rollout_id="r1")
    champion = routes.champion("bank")
    assert champion is not None
    rollout = champion.rollout
    assert rollout is not None
    assert (rollout.id, rollout.share, rollout.shadow) == ("r1", share, None)
    assert rollout.challenger is not None
    found = rollout.challenger
    assert (found.number, found.artifact_digest, found.artifact_uri) == (8, DIGEST, URI)


def test_a_shadow_the_registry_wrote_is_read(aws: Aws, routes: LeanRoutes) -> None:
    set_route(aws, shadow=RoutedVersion(8, DIGEST, URI), rollout_id="r1")
    champion = routes.champion("bank")
    assert champion is not None
    rollout = champion.rollout
    assert rollout is not None
    assert (rollout.id, rollout.share, rollout.challenger) == ("r1", 0.0, None)
    assert rollout.shadow is not None
    assert rollout.shadow.number == 8


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": {"S": "half"}},
        {"share": {"NULL": True}},
        {"rollout_id": {"N": "1"}},
        {"challenger": {"M": {"number": {"N": "8"}}}},
        {"challenger": {"S": "8"}, "shadow": {"M": {}}},
    ],
)
def test_a_rollout_that_cannot_be_read_leaves_the_champion_alone(
    aws: Aws, routes: LeanRoutes, wrong: dict[str, Any]
) -> None:
    set_route(aws, challenger=RoutedVersion(8, DIGEST, URI), share=0.5, rollout_id="r1")
    change_route(aws, wrong)
    champion = routes.champion("bank")
    assert champion is not None
    assert (champion.number, champion.rollout) == (7, None)


def test_what_a_later_release_writes_beside_is_passed_over(aws: Aws, routes: LeanRoutes) -> None:
    set_route(aws, challenger=RoutedVersion(8, DIGEST, URI), share=0.5, rollout_id="r1")
    change_route(aws, {"bandit": {"M": {"arms": {"L": []}}}, "regions": {"SS": ["a"]}})
    champion = routes.champion("bank")
    assert champion is not None
    assert champion.rollout is not None
    assert champion.rollout.share == 0.5


def change_route(aws: Aws, attributes: dict[str, Any]) -> None:
    key = {"pk": {"S": "MODEL#bank"}, "sk": {"S": "ROUTE"}}
    item = aws.dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
    aws.dynamodb.put_item(TableName=TABLE, Item={**item, **attributes})


def test_a_model_without_a_route_has_none(aws: Aws, routes: LeanRoutes) -> None:
    assert routes.champion("bank") is None


def test_an_object_is_read_whole(aws: Aws, objects: LeanObjects) -> None:
    data = bytes(range(256)) * 8_000
    aws.put_artifact("bank", DIGEST, data)
    assert objects.read(URI) == data


@pytest.mark.parametrize("key", ["a b/c+d~e.zip", "ünïcode/100%.zip", "a//b", "plus+and=and&"])
def test_a_key_may_hold_any_character(aws: Aws, key: str, objects: LeanObjects) -> None:
    aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"here")
    assert objects.read(f"s3://{BUCKET}/{key}") == b"here"


def test_an_empty_object_is_empty(aws: Aws, objects: LeanObjects) -> None:
    aws.put_artifact("bank", DIGEST, b"")
    assert objects.read(URI) == b""


def test_an_object_that_is_not_there_is_not_found(aws: Aws, objects: LeanObjects) -> None:
    with pytest.raises(FileNotFoundError):
        objects.read(URI)


def test_one_connection_serves_many_requests(aws: Aws, routes: LeanRoutes) -> None:
    source = routes
    for _ in range(5):
        source.champion("bank")
    assert len(aws.requests) == 5
    assert aws.connections == 1


def test_a_connection_idle_too_long_is_not_trusted(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, routes: LeanRoutes
) -> None:
    source = routes
    source.champion("bank")
    later = time.time() + lean_http.IDLE_LIMIT + 1
    monkeypatch.setattr("perennial.adapters.lean_http.time.time", lambda: later)
    source.champion("bank")
    assert aws.connections == 2


@pytest.mark.parametrize("failure", [500, 502, 503, 429, "hang up"])
def test_what_may_pass_is_tried_once_more(aws: Aws, failure: int | str, routes: LeanRoutes) -> None:
    aws.put_route("bank", 3, DIGEST)
    aws.failures = [failure]
    champion = routes.champion("bank")
    assert champion is not None
    assert champion.number == 3
    assert len(aws.requests) == 2


@pytest.mark.parametrize("failure", [500, 503, "hang up"])
def test_what_does_not_pass_is_unavailable(
    aws: Aws, failure: int | str, routes: LeanRoutes
) -> None:
    aws.failures = [failure] * 9
    with pytest.raises(Unavailable, match="dynamodb did not answer"):
        routes.champion("bank")
    assert len(aws.requests) == 2


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_is_not_tried_again(aws: Aws, status: int, objects: LeanObjects) -> None:
    aws.failures = [status]
    with pytest.raises(Unavailable, match=f"refused the request: status {status}"):
        objects.read(URI)
    assert len(aws.requests) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"__type":"com.amazon.coral.service#AccessDeniedException"}', "AccessDeniedException"),
        (b'{"Message": "m", "__type": "ValidationException"}', "ValidationException"),
        (b"<?xml?><Error><Code>AccessDenied</Code><Message>m</Message></Error>", "AccessDenied"),
    ],
)
def test_a_refusal_bears_the_name_aws_gave_it(connect: Connect, body: bytes, says: str) -> None:
    refusal = connect("s3").refused(Reply(403, {}, body))
    assert str(refusal) == f"s3 refused the request: status 403, {says}"


@pytest.mark.parametrize("body", [b"", b'{"__type"', b"<Code>", b"\xff\xfe", b"<Code>a b</Code>"])
def test_a_refusal_without_a_name_has_its_status(connect: Connect, body: bytes) -> None:
    assert str(connect("s3").refused(Reply(403, {}, body))).endswith("status 403")


def test_a_wrong_secret_is_refused(aws: Aws, connect: Connect) -> None:
    wrong = connect("dynamodb", AWS_SECRET_ACCESS_KEY="another")
    with pytest.raises(Unavailable, match="status 403"):
        LeanRoutes(TABLE, wrong).champion("bank")


def test_nobody_listening_is_unavailable(aws: Aws, connect: Connect) -> None:
    nowhere = connect("s3", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    with pytest.raises(Unavailable, match="ConnectionRefusedError"):
        LeanObjects(nowhere).read(URI)


def test_a_route_of_another_shape_is_unavailable(aws: Aws, routes: LeanRoutes) -> None:
    key = {"pk": {"S": "MODEL#bank"}, "sk": {"S": "ROUTE"}}
    aws.dynamodb.put_item(TableName=TABLE, Item={**key, "champion": {"S": "v3"}})
    with pytest.raises(Unavailable, match="route in the table"):
        routes.champion("bank")


@pytest.mark.parametrize(
    ("service", "environment", "authority", "scheme"),
    [
        ("s3", {"AWS_ENDPOINT_URL": "http://localhost:4566"}, "localhost:4566", "http"),
        ("s3", {"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_S3": "https://b/"}, "b", "https"),
        ("dynamodb", {"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_S3": "x"}, "a", "http"),
        ("s3", {"AWS_ENDPOINT_URL": "http://[::1]:9"}, "[::1]:9", "http"),
    ],
)  # fmt: skip
def test_the_endpoint_is_the_environments(
    service: str, environment: dict[str, str], authority: str, scheme: str
) -> None:
    known = {"AWS_REGION": "r", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
    endpoint = Client(service, read_timeout=1, environment={**known, **environment}).endpoint
    assert endpoint is not None
    assert (endpoint.authority, endpoint.scheme) == (authority, scheme)


@pytest.mark.parametrize(
    ("bucket", "region", "authority", "path"),
    [
        ("b", "eu-central-1", "b.s3.eu-central-1.amazonaws.com", "/a/k%20ey"),
        ("b", "cn-north-1", "b.s3.cn-north-1.amazonaws.com.cn", "/a/k%20ey"),
        # A dot in the name would not match the certificate's wildcard.
        ("b.c", "us-east-1", "s3.us-east-1.amazonaws.com", "/b.c/a/k%20ey"),
    ],
)
def test_without_an_endpoint_the_object_is_asked_of_aws(
    monkeypatch: pytest.MonkeyPatch, bucket: str, region: str, authority: str, path: str
) -> None:
    environment = {"AWS_REGION": region, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
    asked = []

    def call(origin: Origin, method: str, path: str, headers: dict[str, str]) -> Reply:
        asked.append((origin.scheme, origin.authority, method, path))
        return Reply(200, {}, b"here")

    client = Client("s3", read_timeout=1, environment=environment)
    monkeypatch.setattr(client, "call", call)
    assert LeanObjects(client).read(f"s3://{bucket}/a/k ey") == b"here"
    assert asked == [("https", authority, "GET", path)]
