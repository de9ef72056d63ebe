"""People are called by name where a name is known, and nobody is given one that is not theirs."""

from __future__ import annotations

from perennial.approval.identity import named

from tests.unit.approval.desk import ADA, BOB, Desk


def test_whoever_has_decided_once_is_known_by_name_afterwards() -> None:
    desk = Desk()
    desk.says(desk.waits(who=ADA.id), who=BOB)
    decided = desk.registry.approvals("bank")
    assert named(BOB.id, decided) == "AIDA2 (bob)"
    assert named(ADA.id, decided) == "AIDA1"  # who trained is known by the id alone


def test_who_is_told_by_more_than_an_id_is_left_as_it_is() -> None:
    desk = Desk()
    desk.says(desk.waits(who=ADA.id), who=BOB)
    decided = desk.registry.approvals("bank")
    for by in (BOB.arn, "AROA1:bob", "workflow", "123456789012", ""):
        assert named(by, decided) == by


def test_an_approval_that_nobody_decided_names_nobody() -> None:
    desk = Desk()
    desk.waits(who=ADA.id)
    assert named(ADA.id, desk.registry.approvals("bank")) == ADA.id
