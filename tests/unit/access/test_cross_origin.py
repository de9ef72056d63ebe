"""Browsers are told that a page may call only where the deployment names its origin."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.serving.cross_origin import answered

ALLOWED = "https://app.example,https://staging.app.example:8443"


def ask(origin: str | None, method: str = "POST", name: str = "Origin") -> dict[str, Any]:
    headers = {} if origin is None else {name: origin}
    event = {"httpMethod": method, "headers": headers}
    return answered(
        event, ALLOWED, lambda _: {"statusCode": 200, "headers": {"Allow": "x"}, "body": "{}"}
    )


@pytest.mark.parametrize("origin", ALLOWED.split(","))
@pytest.mark.parametrize("name", ["origin", "Origin"])
def test_a_named_origin_may_read_the_answer(origin: str, name: str) -> None:
    headers = ask(origin, name=name)["headers"]
    assert headers["Access-Control-Allow-Origin"] == origin
    assert headers["Vary"] == "Origin"
    assert headers["Allow"] == "x"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "*",
        "https://appXexample",
        "https://app.example.evil.org",
        "http://app.example",
        "https://app.example,https://staging.app.example:8443",
        "https://staging.app.example",
    ],
)
def test_any_other_origin_is_told_nothing(origin: str | None) -> None:
    assert not any(name.startswith("Access-Control") for name in ask(origin)["headers"])
    asked = ask(origin, "OPTIONS")
    assert asked["statusCode"] == 204
    assert not any(name.startswith("Access-Control") for name in asked["headers"])


def test_a_browser_may_ask_before_it_sends() -> None:
    asked = ask("https://app.example", "OPTIONS")
    assert (asked["statusCode"], asked["body"]) == (204, "")
    assert asked["headers"]["Access-Control-Allow-Origin"] == "https://app.example"
    assert "x-api-key" in asked["headers"]["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked["headers"]


def test_nobody_is_named_where_no_origin_is_set() -> None:
    event = {"httpMethod": "POST", "headers": {"Origin": "https://app.example"}}
    assert answered(event, "", lambda _: {"headers": {}}) == {"headers": {}}
    empty = {"httpMethod": "POST", "headers": {"Origin": ""}}
    assert answered(empty, "", lambda _: {"headers": {}}) == {"headers": {}}
