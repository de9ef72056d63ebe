"""One version, answered for in full: searched for, compared by groups, let in by a second person,
explained, exported, made again to the byte and audited. Real data: Telco Customer Churn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from perennial.registry import layout
from perennial.registry.records import Run, RunStatus

from tests.e2e.command import command
from tests.e2e.conftest import shared
from tests.e2e.platform import Answer, Platform, until
from tests.e2e.principals import Person, session, user
from tests.e2e.test_journey import golden

MODEL = "answerable"


@pytest.fixture(scope="module")
def trainer(platform: Platform) -> Person:
    """May approve, were it not that she trained."""
    return user(platform, "approver-eve")


@pytest.fixture(scope="module")
def run(platform: Platform, trainer: Person) -> Run:
    """Searched for and registered; it waits."""
    body = shared("telco-churn.csv")
    found = platform.finished(MODEL, trainer.upload(MODEL, body, "telco.csv"), 240)
    assert found.status is RunStatus.SUCCEEDED, found.reason
    return found


def card(platform: Platform, run: Run) -> Any:
    key = layout.run_prefix(MODEL, run.run_id) + layout.CARD_JSON
    client = platform.client("s3")
    try:
        return json.load(
            client.get_object(Bucket=platform.outputs["DataBucketName"], Key=key)["Body"]
        )
    except client.exceptions.NoSuchKey:
        return None


@pytest.fixture(scope="module")
def asked(platform: Platform, run: Run) -> Any:
    """The card the approver gets, before anybody has decided."""
    return until(lambda: card(platform, run), "the card", 60)


@pytest.fixture(scope="module")
def approved(platform: Platform, run: Run, trainer: Person, asked: Any) -> Person:
    """Who trained may not let it in; somebody else does."""
    number = run.version or 0
    refused = trainer.decides(MODEL, number, "approve")
    assert refused.status == 403
    assert platform.registry.route(MODEL) is None
    approver = session(platform, "Approver-of-churn", "mallory")
    answer = approver.decides(MODEL, number, "approve", "the card convinces")
    assert answer.status == 200, answer.body
    until(lambda: platform.registry.route(MODEL), "the approved version to serve", 60)
    return approver


@pytest.fixture(scope="module")
def prediction(platform: Platform, approved: Person) -> dict[str, Any]:
    """What the version says of one of its golden rows, and why."""
    rows, _ = golden(platform, MODEL)

    def ask() -> Answer | None:
        path = f"/v1/models/{MODEL}/predict?explain=3"
        answer = platform.call(path, {"rows": rows[:1]})
        return answer if answer.status == 200 else None

    answer = until(ask, "an answer", 30)
    assert isinstance(answer, Answer)
    found: dict[str, Any] = answer.body
    return found


def test_the_approver_gets_a_card_with_everything_to_decide_by(asked: Any, run: Run) -> None:
    assert (asked["version"], asked["approval"], asked["approval_needed"]) == (1, None, True)
    assert asked["method"]["search"]["trials"] == 4
    assert asked["evaluation"]["tuning"]["sentence"]
    (gender,) = asked["fairness"]["groupings"]
    assert gender["columns"] == ["gender"]
    assert any("equal_opportunity_difference" in told for told in asked["evaluation"]["gates"])
    assert asked["explanation"]["features"][0]["feature"] in ("Contract", "tenure")
    assert asked["cost"]["dollars"] > 0
    assert asked["created_by"] == run.created_by
    (column,) = [one for one in asked["data"]["columns"] if one["name"] == "gender"]
    assert column["summary"] == "not shown: sensitive"


def test_a_second_person_lets_it_in_and_the_card_says_so(
    platform: Platform, run: Run, approved: Person
) -> None:
    def decided() -> Any:
        found = card(platform, run)
        return found if found["approval"] else None

    found: Any = until(decided, "the card to tell the decision", 60)
    assert found["approval"]["status"] == "APPROVED"
    assert found["approval"]["by"] == approved.arn
    assert found["approval"]["reason"] == "the card convinces"


def test_a_decision_is_explained(prediction: dict[str, Any]) -> None:
    (one,) = prediction["predictions"]
    reasons = one["explanation"]["contributions"]
    assert len(reasons) == 3
    assert all(reason["contribution"] for reason in reasons)


@pytest.mark.parametrize("form", ["onnx", "bundle"])
def test_it_leaves_the_deployment_and_agrees(
    approved: Person, state: Path, tmp_path: Path, form: str
) -> None:
    code, told = command(state, "export", MODEL, "--format", form, "--output", tmp_path / "out")
    assert code == 0, told
    assert told["version"] == 1
    assert told["checked"]["rows"] > 5


def test_it_is_made_again_to_the_byte(approved: Person, run: Run, state: Path) -> None:
    code, told = command(state, "reproduce", MODEL, "1")
    assert (code, told.get("identical")) == (0, True), told


def test_its_history_names_who_did_what(platform: Platform, approved: Person, run: Run) -> None:
    told = {event.what: event for event in platform.registry.events(MODEL)}
    assert told["version_registered"].by == run.created_by
    assert told["version_approved"].by == approved.arn
    assert told["route_changed"].by == approved.arn


def test_a_prediction_leads_back_to_file_and_people(
    prediction: dict[str, Any], run: Run, state: Path
) -> None:
    code, told = command(state, "lineage", MODEL, "1")
    assert code == 0, told
    labels = json.dumps(told)
    assert run.source.key in labels
    assert run.created_by in labels


def test_an_audit_finds_nothing(approved: Person, prediction: dict[str, Any], state: Path) -> None:
    code, told = command(state, "audit", MODEL)
    assert code == 0, told
    (found,) = told
    assert found["findings"] == []
