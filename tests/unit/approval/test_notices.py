"""Whoever is asked reads what they need to decide, and nothing that would decide for them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from perennial.approval import notices
from perennial.registry.records import ApprovalStatus

from tests.unit.approval.desk import ADA, BOB, Desk


def test_a_notice_names_the_card_and_how_to_open_it() -> None:
    desk = Desk()
    number = desk.waits()
    approval, version = (
        desk.registry.approval("bank", number),
        desk.registry.version("bank", number),
    )
    assert approval is not None
    assert version is not None
    told = notices.asked(approval, replace(version, card_uri="s3://data/runs/bank/a/card.html"))
    assert "To read before: s3://data/runs/bank/a/card.html" in told.text
    assert "perennial card bank 1" in told.text


def test_a_notice_says_what_waits_how_good_it_is_and_how_to_decide() -> None:
    desk = Desk()
    number = desk.waits()
    approval, version = (
        desk.registry.approval("bank", number),
        desk.registry.version("bank", number),
    )
    assert approval is not None
    assert version is not None
    told = notices.asked(approval, version)
    assert told.subject == "bank: version 1 waits for an approval"
    for said in (
        "until 2026-01-09T03:04:05.006Z",
        f"Trained by: {ADA.id}",
        "log_loss 1, roc_auc 0.9",
        "Gates passed: roc_auc 0.9 ≥ 0.8",
        version.report_uri,
        "perennial approve bank 1 --reason",
        "perennial reject bank 1 --reason",
    ):
        assert said in told.text
    assert desk.registry.token("bank", number) not in told.text


@pytest.mark.parametrize(
    ("decision", "says"), [("approve", "is approved"), ("reject", "is rejected")]
)
def test_what_became_of_it_is_told_with_who_and_why(decision: str, says: str) -> None:
    desk = Desk()
    told = notices.ended(desk.says(desk.waits(), decision=decision, reason="as it should be"))
    assert says in told.subject
    assert f"By {BOB.arn}" in told.text
    assert "as it should be" in told.text


def test_an_approved_version_that_does_not_serve_is_told() -> None:
    desk = Desk()
    approval = desk.says(desk.waits())
    assert approval.status is ApprovalStatus.APPROVED
    told = notices.not_served(approval, "Unavailable")
    assert "could not be put in service: Unavailable" in told.text
    assert "perennial route bank 1" in told.text
