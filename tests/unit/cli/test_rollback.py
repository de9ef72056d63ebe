"""`perennial rollback` asks once, waits for the proof, and says how it went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from cli import proofs
from cli.exits import Exit
from cli.operator import Operator
from tests.fakes.records import a_route, an_event
from tests.unit.cli.conftest import Line


@dataclass
class Desk:
    """What operators are answered, and what they asked."""

    line: Line
    champion: int = 1
    proof: str | None = "route_proven"
    asked: list[Any] = field(default_factory=list)

    def change(self, method: str, model: str, what: str, wanted: Any) -> dict[str, Any]:
        self.asked.append((method, model, what, wanted))
        if self.proof:
            told = an_event(self.proof, model="wine", subject="route 2", reason="2 rows")
            self.line.registry.tell(told)
        return {"champion": {"version": self.champion}, "revision": 2, "changed_by": "ada"}


@pytest.fixture
def desk(line: Line, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(line)
    line.registry.set_route(a_route(1, champion=2, model="wine"), an_event(model="wine"))
    stale = an_event("route_unproven", model="wine", subject="route 1")
    line.registry.tell(stale)
    monkeypatch.setattr(Operator, "of", lambda _: made)
    monkeypatch.setattr(proofs, "PAUSE", 0.0)
    return made


def test_it_says_what_serves_now_and_that_it_is_proven(desk: Desk) -> None:
    result = desk.line("rollback", "wine", "--reason", "complaints")
    assert result.exit_code == Exit.OK
    assert "served by version 1 again; version 2 is rejected" in result.stdout
    assert "Proven: 2 rows." in result.stdout
    wanted = {"to": None, "reason": "complaints", "expected_revision": 1}
    assert desk.asked == [("POST", "wine", "rollback", wanted)]


def test_a_rollout_that_was_ended_is_told_as_one(desk: Desk) -> None:
    desk.champion = 2
    result = desk.line("rollback", "wine", "--reason", "complaints")
    assert "The rollout of wine has ended" in result.stdout


def test_what_is_not_proven_is_a_failure(desk: Desk) -> None:
    desk.proof = "route_unproven"
    result = desk.line("rollback", "wine", "--reason", "complaints", "--json")
    assert result.exit_code == Exit.FAILED
    assert '"proven": false' in result.stdout


def test_a_proof_that_does_not_come_is_waited_for_no_longer(desk: Desk) -> None:
    desk.proof = None
    result = desk.line("rollback", "wine", "--reason", "complaints", "--timeout", "0")
    assert result.exit_code == Exit.TIMEOUT
    assert "has changed, and was not proven" in result.stderr


def test_a_model_that_serves_nothing_is_not_asked_about(line: Line) -> None:
    result = line("rollback", "wine", "--reason", "complaints")
    assert result.exit_code == Exit.NOT_FOUND
    assert "no version in service" in result.stderr
