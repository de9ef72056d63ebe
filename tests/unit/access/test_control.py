"""An operator puts a version in service; who, when and why is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from perennial.errors import Conflict, Unavailable
from perennial.registry.records import Event, Route, VersionStatus
from perennial.registry.staging import begin_rollout, promote
from perennial.serving.control import ROLLBACK, ROUTE, respond
from perennial.serving.operations import setting_a_route, taking_back

from tests.fakes.records import AT, a_rollout, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.workflow import RecordingWorkflow

ARN = "arn:aws:iam::123456789012:user/ada"


@dataclass
class Desk:
    """The control operation over a registry with three versions."""

    registry: InMemoryRegistry = field(default_factory=InMemoryRegistry)
    failures: list[Exception] = field(default_factory=list)
    workflow: RecordingWorkflow = field(default_factory=RecordingWorkflow)

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
            operations={
                ROUTE: setting_a_route(self.registry, lambda: AT),
                ROLLBACK: taking_back(
                    self.registry, self.workflow, lambda: AT, self.failures.append
                ),
            },
            log_failure=self.failures.append,
        )
        self.headers = answer["headers"]
        return answer["statusCode"], json.loads(answer["body"])

    def post(self, body: object, resource: str = ROLLBACK, **changes: Any) -> tuple[int, Any]:
        return self.put(body, resource=resource, httpMethod="POST", **changes)

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
        {"version": 1, "reason": "half a pair: \ud83d"},
        {"version": 1, "reason": "\x1b[31mred"},
        {"version": 1, "reason": "turned \u202e round"},
        {"version": 10**8, "reason": "why"},
        {"version": 10**4_000, "reason": "why"},
        {"version": 1, "reason": "why", "expected_revision": 10**4_000},
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


def test_the_last_good_version_is_put_back_and_proven(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.put({"version": number, "reason": "next"})
    status, told = desk.post({"reason": "complaints"})
    assert (status, desk.champion(), told["champion"]["version"]) == (200, 2, 2)
    assert told["proof"] == "execution:bank-4"
    assert desk.workflow.started == {
        "bank-4": {"model": "bank", "from_version": 0, "by": ARN, "reason": "complaints"}
    }
    event = desk.registry.events("bank")[0]
    assert (event.what, event.by, event.reason) == ("rolled_back", ARN, "complaints")


def test_one_may_say_which_version_to_go_back_to(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.put({"version": number, "reason": "next"})
    assert desk.post({"to": 1, "reason": "2 was no better"})[0] == 200
    assert desk.champion() == 1


def test_a_rollback_with_nowhere_to_go_is_refused_by_name(desk: Desk) -> None:
    desk.put({"version": 1, "reason": "first"})
    status, told = desk.post({"reason": "complaints"})
    assert (status, told["type"]) == (409, "urn:perennial:problem:nowhere-to-go")
    assert (desk.champion(), desk.workflow.started) == (1, {})


def test_a_rejected_version_is_no_way_back(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.put({"version": number, "reason": "next"})
    desk.post({"reason": "complaints"})
    status, told = desk.post({"to": 3, "reason": "complaints"})
    assert (status, told["type"]) == (409, "urn:perennial:problem:version-rejected")


def test_a_model_without_a_version_has_nothing_to_take_back(desk: Desk) -> None:
    status, told = desk.post({"reason": "complaints"})
    assert (status, told["type"]) == (409, "urn:perennial:problem:model-not-trained")


def test_whoever_asks_twice_takes_back_once(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.put({"version": number, "reason": "next"})
    wish = {"reason": "complaints", "expected_revision": 3}
    assert [desk.post(wish)[0] for _ in range(2)] == [200, 200]
    assert (desk.champion(), list(desk.workflow.started)) == (2, ["bank-4"])


def test_whoever_saw_another_route_takes_nothing_back(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.put({"version": number, "reason": "next"})
    assert desk.post({"reason": "complaints", "expected_revision": 2})[0] == 409
    assert desk.champion() == 3


def test_a_reason_of_several_lines_is_kept_as_one(desk: Desk) -> None:
    status, told = desk.put({"version": 1, "reason": " first line\n\tand the next "})
    assert (status, told["reason"]) == (200, "first line and the next")


def test_whoever_rejects_a_challenger_that_is_promoted_meanwhile_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put({"version": 2, "reason": "first"})
    rollout = a_rollout(rollout_id="r3", version=3)
    begin_rollout(rollout, registry=desk.registry, clock=lambda: AT)
    seen = desk.registry.route("bank")
    promote("bank", "r3", by="judge", reason="no worse", registry=desk.registry, clock=lambda: AT)
    routes = iter([seen])
    real = desk.registry.route
    monkeypatch.setattr(desk.registry, "route", lambda model: next(routes, None) or real(model))
    status, told = desk.post({"reason": "complaints"})
    assert (status, told["type"]) == (409, "urn:perennial:problem:route-changed")
    assert (desk.champion(), desk.workflow.started) == (3, {})


def test_a_rollout_under_way_is_what_is_taken_back(desk: Desk) -> None:
    desk.put({"version": 2, "reason": "first"})
    rollout = a_rollout(rollout_id="r3", version=3)
    begin_rollout(rollout, registry=desk.registry, clock=lambda: AT)
    status, told = desk.post({"reason": "complaints"})
    assert (status, told["champion"]["version"]) == (200, 2)
    route = desk.registry.route("bank")
    assert route is not None
    assert (route.champion.number, route.shadow, route.rollout_id) == (2, None, "")
    assert desk.registry.versions("bank")[0].status is VersionStatus.REJECTED


def test_a_proof_that_cannot_be_started_does_not_hide_the_rollback(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str, execution_input: object) -> str:
        raise Unavailable("no answer")

    for number in (1, 2):
        desk.put({"version": number, "reason": "next"})
    monkeypatch.setattr(desk.workflow, "start", fail)
    status, told = desk.post({"reason": "complaints"})
    assert (status, told["proof"], desk.champion()) == (200, None, 1)
    assert len(desk.failures) == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": " "}, {"reason": "x", "to": 0}, {"reason": "x", "version": 1}, []],
)
def test_a_wish_that_makes_no_sense_takes_nothing_back(desk: Desk, body: object) -> None:
    for number in (1, 2):
        desk.put({"version": number, "reason": "next"})
    status, told = desk.post(body)
    assert (status, told["type"]) == (422, "urn:perennial:problem:invalid-request")
    assert desk.champion() == 2
