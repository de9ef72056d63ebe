"""Decisions over HTTP: who signed decides, and no other way leads into service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.approval.identity import Principal
from perennial.approval.operation import deciding, guarding
from perennial.registry.records import ApprovalStatus
from perennial.serving.approvals import PATH
from perennial.serving.control import ROLLBACK, ROUTE, respond
from perennial.serving.operations import setting_a_route, taking_back

from tests.fakes.workflow import RecordingWorkflow
from tests.unit.approval.desk import ADA, BOB, Desk

ROOT = Principal("123456789012", "arn:aws:iam::123456789012:root")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def asks(
    desk: Desk,
    body: object,
    *,
    who: Principal = BOB,
    resource: str = PATH,
    method: str = "POST",
    version: str = "1",
) -> tuple[int, Any]:
    """What the control API answers to a signed request."""
    event = {
        "resource": resource,
        "httpMethod": method,
        "pathParameters": {"model": "bank", "version": version},
        "headers": {"Content-Type": "application/json"},
        "requestContext": {
            "requestId": "r",
            "identity": {"userArn": who.arn, "caller": who.id, "user": who.id},
        },
        "body": json.dumps(body),
    }
    check = guarding(lambda _: desk.rules, desk.registry)
    failures: list[Exception] = []
    answer: Any = respond(
        event,
        models=("bank",),
        operations={
            ROUTE: setting_a_route(desk.registry, desk.clock, check),
            ROLLBACK: taking_back(
                desk.registry, RecordingWorkflow(), desk.clock, failures.append, check
            ),
            PATH: deciding(lambda _: desk.rules, desk.registry, desk.clock, desk.resumed.append),
        },
        log_failure=failures.append,
    )
    assert failures == []
    return answer["statusCode"], json.loads(answer["body"])


APPROVE = {"decision": "approve", "reason": "fine"}


def kind(told: Any) -> str:
    return str(told["type"]).removeprefix("urn:perennial:problem:")


def test_whoever_signed_has_decided(desk: Desk) -> None:
    desk.waits()
    status, told = asks(desk, APPROVE)
    assert (status, told["status"], told["decided_by"]) == (200, "APPROVED", BOB.arn)
    approval = desk.registry.approval("bank", 1)
    assert approval is not None
    assert approval.decided_by_id == BOB.id
    assert "token 1" not in json.dumps(told)


def test_the_wrong_person_is_refused_with_the_reason(desk: Desk) -> None:
    desk.waits()
    for who in (ADA, ROOT):
        status, told = asks(desk, APPROVE, who=who)
        assert (status, kind(told)) == (403, "not-an-approver")
        assert who.arn in told["detail"]
    approval = desk.registry.approval("bank", 1)
    assert approval is not None
    assert approval.status is ApprovalStatus.PENDING


def test_a_decision_too_late_is_a_conflict(desk: Desk) -> None:
    desk.waits()
    desk.at = "2027-01-01T00:00:00.000Z"
    status, told = asks(desk, APPROVE)
    assert (status, kind(told)) == (409, "approval-closed")


@pytest.mark.parametrize(
    ("version", "problem"),
    [("1", "no-approval"), ("7", "unknown-version"), ("0", "unknown-version"),
     ("x", "unknown-version"), ("²", "unknown-version"), ("9" * 99, "unknown-version")],
)  # fmt: skip
def test_what_nobody_was_asked_about_is_not_found(desk: Desk, version: str, problem: str) -> None:
    desk.trains()
    status, told = asks(desk, APPROVE, version=version)
    assert (status, kind(told)) == (404, problem)


@pytest.mark.parametrize(
    "body",
    [{}, {"decision": "approve"}, {"reason": "x"}, {"decision": "maybe", "reason": "x"},
     {"decision": True, "reason": "x"}, {**APPROVE, "by": "carol"}, {**APPROVE, "version": 2}],
)  # fmt: skip
def test_a_body_that_is_no_decision_decides_nothing(desk: Desk, body: object) -> None:
    desk.waits()
    status, told = asks(desk, body)
    assert (status, kind(told)) == (422, "invalid-request")
    assert desk.resumed == []


def test_no_hand_puts_an_unapproved_version_in_service(desk: Desk) -> None:
    desk.waits()
    wish = {"version": 1, "reason": "now"}
    status, told = asks(desk, wish, resource=ROUTE, method="PUT")
    assert (status, kind(told)) == (409, "not-approved")
    assert desk.registry.route("bank") is None
    asks(desk, APPROVE)
    assert asks(desk, wish, resource=ROUTE, method="PUT")[0] == 200


def test_no_rollback_leads_to_an_unapproved_version(desk: Desk) -> None:
    desk.waits()
    asks(desk, APPROVE)
    asks(desk, {"version": 1, "reason": "now"}, resource=ROUTE, method="PUT")
    desk.waits()
    status, told = asks(desk, {"to": 2, "reason": "sideways"}, resource=ROLLBACK)
    assert (status, kind(told)) == (409, "not-approved")
    route = desk.registry.route("bank")
    assert route is not None
    assert route.champion.number == 1
