"""Who may not ask learns nothing, and who changes something is known by name."""

from __future__ import annotations

import gzip
import json
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from perennial.registry.records import RunStatus

from tests.e2e.command import answered
from tests.e2e.platform import Answer, Platform
from tests.e2e.test_journey import rows_of

MODEL = "wine"
ROUTE = f"/v1/models/{MODEL}/route"
# What is there, what is not, and what is there for other methods; with a model and without one.
PATHS = [
    ("GET", "/"),
    ("GET", "/v1/models"),
    ("GET", f"/v1/models/{MODEL}"),
    ("GET", "/v1/models/no-such-model"),
    ("POST", f"/v1/models/{MODEL}/predict"),
    ("POST", "/v1/models/no-such-model/predict"),
    ("POST", f"/v1/models/{MODEL}/explain"),
    ("POST", f"/v1/models/{MODEL}/invocations"),
    ("DELETE", f"/v1/models/{MODEL}/predict"),
    ("OPTIONS", f"/v1/models/{MODEL}/predict"),
    ("PUT", ROUTE),
    ("PUT", "/v1/models/no-such-model/route"),
    ("GET", "/openapi.json"),
    ("GET", "/v2"),
    ("GET", "/v2/health/live"),
    ("GET", f"/v2/models/{MODEL}"),
    ("GET", "/v2/models/no-such-model"),
    ("POST", f"/v2/models/{MODEL}/infer"),
    ("GET", f"/v2/models/{MODEL}/versions/1/ready"),
    ("GET", "/nothing/here"),
    ("GET", "/v2/nothing"),
]


def send(
    platform: Platform, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[Answer, dict[str, str]]:
    request = urllib.request.Request(platform.api + path, data=body, method=method)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, told, content = answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            status, told, content = error.code, dict(error.headers), error.read()
    kind = str(told.get("Content-Type") or told.get("content-type"))
    return Answer(
        status, kind, json.loads(content) if content and "json" in kind else content
    ), told


@pytest.fixture(scope="module")
def trained(platform: Platform, wine: bytes) -> dict[str, object]:
    """A row of a model with at least one version; two are registered when the module begins."""
    while len(platform.registry.versions(MODEL)) < 2:
        number = len(platform.registry.versions(MODEL))
        header, *lines = wine.decode().splitlines()
        file = "\n".join([header, *lines[number:]]).encode()
        assert platform.train(MODEL, file, f"access{number}.csv").status is RunStatus.SUCCEEDED
    return rows_of(wine, "cultivar", 1)[0]


@pytest.mark.parametrize("key", [None, "wrong-key-of-twenty-letters"], ids=["no key", "wrong key"])
def test_a_client_without_the_right_learns_nothing(
    platform: Platform, trained: dict[str, object], key: str | None
) -> None:
    answers = set()
    for method, path in PATHS:
        body = b'{"rows": []}' if method in ("POST", "PUT") else None
        answer, _ = send(platform, method, path, body, **({"x_api_key": key} if key else {}))
        told = {name: value for name, value in answer.body.items() if name != "instance"}
        answers.add((answer.status, answer.content_type, json.dumps(told, sort_keys=True)))
    assert len(answers) == 1
    ((status, kind, told_by_all),) = answers
    assert (status, kind) == (403, "application/problem+json")
    assert "model" not in told_by_all


def test_the_page_that_explains_the_api_needs_no_key_and_names_no_model(platform: Platform) -> None:
    answer, _ = send(platform, "GET", "/docs")
    assert answer.status == 200
    page = bytes(answer.body).decode()
    assert "<html" in page
    for model in ("breast-cancer", "bank-marketing", "bike-sharing"):
        assert model not in page


def test_a_path_that_is_nowhere_is_not_found_by_who_has_a_key(platform: Platform) -> None:
    for path in ("/nothing/here", "/v1", "/v2/nothing"):
        answer, _ = send(platform, "GET", path, x_api_key=platform.key)
        assert answer.status == 404
        assert "problem+json" in answer.content_type


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", f"/v1/models/{MODEL}/predict", "POST"),
        ("POST", "/v1/models", "GET"),
        ("DELETE", ROUTE, "PUT"),
        ("PUT", f"/v2/models/{MODEL}/infer", "POST"),
        ("POST", "/openapi.json", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(
    platform: Platform, method: str, path: str, allowed: str
) -> None:
    answer, headers = send(platform, method, path, x_api_key=platform.key)
    assert answer.status == 405
    assert {k.lower(): v for k, v in headers.items()}["allow"] == allowed


def test_a_compressed_body_is_answered_like_a_plain_one(
    platform: Platform, trained: dict[str, object]
) -> None:
    plain = json.dumps({"rows": [trained]}).encode()
    asked = {"content_type": "application/json", "x_api_key": platform.key}
    path = f"/v1/models/{MODEL}/predict"
    first, _ = send(platform, "POST", path, plain, **asked)
    packed, _ = send(platform, "POST", path, gzip.compress(plain), content_encoding="gzip", **asked)
    assert (first.status, packed.status) == (200, 200)
    assert [p["prediction"] for p in packed.body["predictions"]] == [
        p["prediction"] for p in first.body["predictions"]
    ]
    broken, _ = send(platform, "POST", path, plain, content_encoding="gzip", **asked)
    assert broken.status == 415
    bomb = gzip.compress(b" " * 12_000_000)
    assert send(platform, "POST", path, bomb, content_encoding="gzip", **asked)[0].status == 413


def test_seven_megabytes_are_refused_as_a_problem(platform: Platform) -> None:
    path = f"/v1/models/{MODEL}/predict"
    answer, _ = send(
        platform,
        "POST",
        path,
        b" " * 7_000_000,
        content_type="application/json",
        x_api_key=platform.key,
    )
    assert (answer.status, answer.content_type) == (413, "application/problem+json")
    assert answer.body["error"] == answer.body["detail"]


def credentials(platform: Platform, user: str, *statements: dict[str, object]) -> Credentials:
    """Keys of an IAM user who may do what the statements say."""
    iam = platform.client("iam")
    iam.create_user(UserName=user)
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName=user, PolicyName="given", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def put_route(
    platform: Platform, who: Credentials, body: object, model: str = MODEL, secret: str = ""
) -> Answer:
    """Ask for a route, signed; with `secret`, by another secret than the signer's."""
    data = json.dumps(body).encode()
    path = f"/v1/models/{model}/route"
    signed = AWSRequest("PUT", platform.api + path, data=data)
    signed.headers["Content-Type"] = "application/json"
    signer = Credentials(who.access_key, secret or who.secret_key)
    SigV4Auth(signer, "execute-api", "us-east-1").add_auth(signed)
    return send(platform, "PUT", path, data, **dict(signed.headers.items()))[0]


@pytest.fixture(scope="module")
def operator(platform: Platform) -> Credentials:
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{platform.outputs['ApiId']}"
    right: dict[str, object] = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": f"{arn}/live/PUT/v1/models/*/route",
    }
    return credentials(platform, "operator", right)


def test_an_operator_puts_an_older_version_back_and_is_named(
    platform: Platform, trained: dict[str, object], operator: Credentials
) -> None:
    before = platform.registry.route(MODEL)
    other = 1 if before.champion.number != 1 else 2
    answer = put_route(platform, operator, {"version": other, "reason": "it was better"})
    assert answer.status == 200
    assert answer.body["champion"]["version"] == other
    assert answer.body["previous"]["version"] == before.champion.number
    assert answer.body["changed_by"].endswith(":user/operator")
    route = platform.registry.route(MODEL)
    assert (route.champion.number, route.revision) == (other, before.revision + 1)
    events = platform.registry.events(MODEL)
    event = next(one for one in events if one.what == "route_changed")
    assert (event.by, event.reason) == (answer.body["changed_by"], "it was better")
    again = put_route(platform, operator, {"version": other, "reason": "again"})
    assert again.body["revision"] == route.revision


@pytest.mark.parametrize(
    ("body", "model", "status", "kind"),
    [
        ({"version": 99, "reason": "x"}, MODEL, 404, "unknown-version"),
        ({"version": 1, "reason": "x"}, "no-such-model", 404, "unknown-model"),
        ({"version": 1, "reason": "x", "expected_revision": 0}, MODEL, 409, "route-changed"),
        ({"version": 1}, MODEL, 422, "invalid-request"),
    ],
)
def test_a_route_that_cannot_be_is_refused_with_its_reason(
    platform: Platform,
    trained: dict[str, object],
    operator: Credentials,
    body: object,
    model: str,
    status: int,
    kind: str,
) -> None:
    before = platform.registry.route(MODEL)
    answer = put_route(platform, operator, body, model)
    assert (answer.status, answer.body["type"]) == (status, f"urn:perennial:problem:{kind}")
    assert platform.registry.route(MODEL) == before


def test_only_a_principal_with_the_right_changes_a_route(
    platform: Platform, trained: dict[str, object], operator: Credentials
) -> None:
    before = platform.registry.route(MODEL)
    nobody = credentials(platform, "nobody")
    wanted = {"version": 1, "reason": "x"}
    for answer in (
        put_route(platform, nobody, wanted),
        put_route(platform, nobody, wanted, "no-such-model"),
        put_route(platform, operator, wanted, secret="a" * 40),
        send(platform, "PUT", ROUTE, b"{}", x_api_key=platform.key)[0],
    ):
        assert answer.status == 403
        assert answer.body["title"] == "Forbidden"
    assert platform.registry.route(MODEL) == before


def test_the_command_signs_with_the_callers_credentials(
    platform: Platform, trained: dict[str, object]
) -> None:
    before = platform.registry.route(MODEL)
    other = 1 if before.champion.number != 1 else 2
    state = platform.emulator.state_dir
    told = answered(state, "route", MODEL, other, "--reason", "by hand")
    assert told["champion"]["version"] == other
    assert platform.registry.route(MODEL).reason == "by hand"


def test_control_may_change_routes_and_nothing_else(platform: Platform) -> None:
    role = platform.client("lambda").get_function(FunctionName="perennial-control")[
        "Configuration"
    ]["Role"]
    keys = platform.client("sts").assume_role(RoleArn=role, RoleSessionName="trial")["Credentials"]
    table = boto3.client(
        "dynamodb",
        endpoint_url=platform.emulator.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    with pytest.raises(table.exceptions.ClientError, match="AccessDenied"):
        table.delete_item(
            TableName=platform.outputs["TableName"],
            Key={"pk": {"S": f"MODEL#{MODEL}"}, "sk": {"S": "ROUTE"}},
        )
