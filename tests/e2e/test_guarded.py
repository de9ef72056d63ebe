"""A deployment with everything that guards or opens its API, beside the usual one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator import control
from stacks.app import build_app
from tests.e2e.conftest import ROOT
from tests.e2e.platform import Platform
from tests.e2e.test_access import send

PAGE = "https://app.example"


@dataclass
class Guarded:
    """The deployment, a token of its user pool and its keys by name."""

    platform: Platform
    token: str
    keys: dict[str, str]

    def get(self, path: str, key: str | None = None, *, token: bool = True) -> int:
        headers = {"x_api_key": self.keys[key]} if key else {}
        if token:
            headers["authorization"] = self.token
        return send(self.platform, "GET", path, None, **headers)[0].status


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    with control.start(folder / "state", project=ROOT) as emulator:
        platform = Platform(emulator)
        users = platform.client("cognito-idp")
        pool = users.create_user_pool(PoolName="people")["UserPool"]
        settings: dict[str, object] = {
            "target": "local",
            "api_keys": [
                {"name": "app", "burst": 2, "rate": 0.0001},
                {"name": "batch", "quota": 2},
                {"name": "free"},
            ],
            "api_docs": False,
            "auth": "key-and-cognito",
            "user_pool_arns": [pool["Arn"]],
            "cors_origins": [PAGE, "https://b.example"],
            "waf": True,
            "domain_name": "api.example.org",
            "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
            "hosted_zone_id": "Z123",
            "predict_provisioned": 2,
        }
        build_app(ROOT, settings, outdir=folder / "cdk.out").synth()
        emulator.bootstrap()
        _deploy(folder / "cdk.out", emulator.environment())
        platform.read_outputs()
        keys = platform.client("apigateway").get_api_keys(includeValues=True)["items"]
        named = {key["name"].removeprefix("Perennial-"): key["value"] for key in keys}
        yield Guarded(platform, _token(users, pool["Id"]), named)


def _deploy(templates: Path, environment: dict[str, str]) -> None:
    command = [str(ROOT / "node_modules" / ".bin" / "cdk"), "deploy", "--all"]
    done = subprocess.run(
        [*command, "--app", str(templates), "--require-approval", "never", "--method", "direct"],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def _token(users: Any, pool: str) -> str:
    client = users.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    name, word = "ada", "Correct-horse-1"
    users.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    users.admin_set_user_password(UserPoolId=pool, Username=name, Password=word, Permanent=True)
    given = users.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": word},
    )
    return str(given["AuthenticationResult"]["IdToken"])


def test_key_and_token_are_both_wanted(guarded: Guarded) -> None:
    assert guarded.get("/v1/models", "free") == 200
    assert guarded.get("/v1/models", "free", token=False) == 401
    assert guarded.get("/v1/models") == 403


def test_without_a_token_every_path_looks_the_same(guarded: Guarded) -> None:
    paths = ("/", "/docs", "/v1/models", "/v1/models/nobody", "/v2", "/nothing", "/openapi.json")
    assert {guarded.get(path, "free", token=False) for path in paths} == {401}


def test_a_key_uses_up_its_own_burst_and_quota_only(guarded: Guarded) -> None:
    assert [guarded.get("/v1/models", "app") for _ in range(3)] == [200, 200, 429]
    assert [guarded.get("/v1/models", "batch") for _ in range(3)] == [200, 200, 429]
    assert guarded.get("/v1/models", "free") == 200


def test_a_page_of_a_named_origin_may_ask_and_read(guarded: Guarded) -> None:
    asked, headers = send(guarded.platform, "OPTIONS", "/v1/models/wine/predict", origin=PAGE)
    assert (asked.status, headers["Access-Control-Allow-Origin"]) == (204, PAGE)
    answer, headers = send(
        guarded.platform,
        "GET",
        "/v1/models",
        origin=PAGE,
        x_api_key=guarded.keys["free"],
        authorization=guarded.token,
    )
    assert (answer.status, headers["Access-Control-Allow-Origin"]) == (200, PAGE)


def test_a_page_of_another_origin_is_told_nothing(guarded: Guarded) -> None:
    for origin in ("https://evil.example", "https://appXexample", "null"):
        _, headers = send(guarded.platform, "OPTIONS", "/v2/models/wine/infer", origin=origin)
        assert "Access-Control-Allow-Origin" not in headers


def test_the_address_is_the_host_name_of_its_own(guarded: Guarded) -> None:
    assert guarded.platform.outputs["ApiUrl"] == "https://api.example.org/"
