"""An operator puts a version in service; who, when and why is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from perennial.errors import Conflict, Unavailable
from perennial.registry.records import Event, Route
from perennial.serving.control import ROUTE, respond

from tests.fakes.records import AT, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry

ARN = "arn:aws:iam::123456789012:user/ada"


@dataclass
class Desk:
    """The control operation over a registry with three versions."""

    registry: InMemoryRegistry = field(default_factory=InMemoryRegistry)
    failures: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(3):
            self.registry.create_run(a_run(str(number)))
            digest = f"{number + 1}" * 64
            self.registry.register_version(
                a_version(str(number), artifact_digest=digest), an_event()
            )

    def put(self, body: object, *, raw: str | None = None, **changes: Any) -> tuple[int, Any]:
        event = {
            "resource": ROUTE,
            "httpMethod": "PUT",
            "pathParameters": {"model": "bank"},
            "headers": {"Content-Type": "application/json"},
            "requestContext": {"requestId": "r", "identity": {"userArn": ARN}},
            "body": json.dumps(body) if raw is None else raw,
            **changes,
        }
        answer: Any = respond(
            event,
            models=("bank",),
            registry=self.registry,
            clock=lambda: AT,
            log_failure=self.failures.append,
        )
        self.headers = answer["headers"]
        return answer["statusCode"], json.loads(answer["body"])

    def champion(self) -> int | None:
        route = self.registry.route("bank")
        return route.champion.number if route else None


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_any_version_comes_into_service_an_older_one_too(desk: Desk) -> None:
    assert desk.put({"version": 3, "reason": "first"})[0] == 200
    status, told = desk.put({"version": 1, "reason": "3 was worse"})
    assert (status, desk.champion()) == (200, 1)
    assert told == {
        "model": "bank",
        "revision": 2,
        "champion": {"version": 1, "artifact_digest": "1" * 64},
        "previous": {"version": 3, "artifact_digest": "3" * 64},
        "changed_at": AT,
        "changed_by": ARN,
        "reason": "3 was worse",
    }
    event = desk.registry.events("bank")[0]
    assert (event.what, event.by, event.reason) == ("route_changed", ARN, "3 was worse")


def test_the_version_in_service_changes_nothing(desk: Desk) -> None:
    desk.put({"version": 2, "reason": "first"})
    before = desk.registry.route("bank")
    status, told = desk.put({"version": 2, "reason": "again"})
    assert (status, told["revision"]) == (200, 1)
    assert desk.registry.route("bank") == before


def test_who_saw_another_route_is_told(desk: Desk) -> None:
    desk.put({"version": 1, "reason": "first", "expected_revision": 0})
    desk.put({"version": 2, "reason": "somebody was faster"})
    status, told = desk.put({"version": 3, "reason": "mine", "expected_revision": 1})
    assert (status, told["type"]) == (409, "urn:perennial:problem:route-changed")
    assert desk.champion() == 2


def test_who_loses_a_race_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(route: Route, event: Event, **_beside: Any) -> Route:
        raise Conflict("somebody was faster")

    monkeypatch.setattr(desk.registry, "set_route", lost)
    assert desk.put({"version": 3, "reason": "mine"})[0] == 409


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"version": 1},
        {"reason": "why"},
        {"version": 0, "reason": "why"},
        {"version": -1, "reason": "why"},
        {"version": True, "reason": "why"},
        {"version": 1.0, "reason": "why"},
        {"version": "1", "reason": "why"},
        {"version": 1, "reason": ""},
        {"version": 1, "reason": "  "},
        {"version": 1, "reason": "x" * 501},
        {"version": 1, "reason": 7},
        {"version": 1, "reason": "why", "expected_revision": -1},
        {"version": 1, "reason": "why", "expected_revision": None},
        {"version": 1, "reason": "why", "force": True},
    ],
)
def test_a_body_that_is_no_wish_is_refused(desk: Desk, body: object) -> None:
    status, told = desk.put(body)
    assert (status, told["type"]) == (422, "urn:perennial:problem:invalid-request")
    assert desk.champion() is None


@pytest.mark.parametrize(
    "raw", ["", "{", '{"version": 1, "version": 2, "reason": "x"}', "[" * 9999]
)
def test_a_body_that_is_no_json_is_refused(desk: Desk, raw: str) -> None:
    assert desk.put(None, raw=raw)[0] == 400


def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    assert desk.put({"version": 4, "reason": "why"})[0] == 404
    other = {"model": "other"}
    assert desk.put({"version": 1, "reason": "why"}, pathParameters=other)[0] == 404
    assert desk.put({"version": 1, "reason": "why"}, resource="/x")[0] == 404


def test_a_route_is_set_by_put_only(desk: Desk) -> None:
    assert desk.put({"version": 1, "reason": "why"}, httpMethod="POST")[0] == 405
    assert desk.headers["Allow"] == "PUT"


@pytest.mark.parametrize("context", [{}, {"identity": {}}, {"identity": {"userArn": None}}])
def test_nobody_changes_a_route_without_a_name(desk: Desk, context: dict[str, object]) -> None:
    status, _ = desk.put({"version": 1, "reason": "why"}, requestContext=context)
    assert (status, desk.champion(), len(desk.failures)) == (500, None, 1)


def test_a_registry_that_does_not_answer_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(model: str, number: int) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(desk.registry, "version", fail)
    assert desk.put({"version": 1, "reason": "why"})[0] == 503
    assert len(desk.failures) == 1
