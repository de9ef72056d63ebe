"""A version that waits, people who decide about it, and a clock that is set by hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from perennial.approval.asking import ask, settle, supersede
from perennial.approval.deciding import Decision, decide
from perennial.approval.identity import Principal
from perennial.registry.records import Approval, Event
from perennial.spec.approval import Approval as Rules

from tests.fakes.records import a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry

ADA = Principal("AIDA1", "arn:aws:iam::123456789012:user/ada")
BOB = Principal("AIDA2", "arn:aws:iam::123456789012:user/bob")
MORNING = "2026-01-02T03:04:05.006Z"


@dataclass
class Desk:
    """One model; `rules` are those of its spec."""

    rules: Rules = field(default_factory=lambda: Rules(method="manual"))
    registry: InMemoryRegistry = field(default_factory=InMemoryRegistry)
    at: str = MORNING
    resumed: list[str] = field(default_factory=list)

    def clock(self) -> str:
        return self.at

    def given(self, **rules: Any) -> None:
        self.rules = Rules(method="manual", **rules)

    def trains(self, who: str = ADA.id, **given: Any) -> int:
        """A new version, and its number."""
        run_id = f"r{len(self.registry.versions('bank'))}"
        run = a_run(run_id, created_by=who)
        self.registry.create_run(replace(run, **given))
        made = a_version(run_id, created_by=who, created_at=self.at)
        return self.registry.register_version(made, an_event()).number

    def asks(self, number: int) -> Approval:
        approval = ask("bank", number, self.rules, registry=self.registry, clock=self.clock)
        self.registry.keep_token("bank", number, f"token {number}")
        supersede(approval, registry=self.registry, clock=self.clock, resume=self.resumed.append)
        return approval

    def waits(self, who: str = ADA.id, **given: Any) -> int:
        """A version that waits for people, and its number."""
        number = self.trains(who, **given)
        self.asks(number)
        return number

    def says(
        self, number: int, who: Principal = BOB, decision: str = "approve", reason: str = "fine"
    ) -> Approval:
        return decide(
            "bank",
            number,
            Decision(decision),
            who=who,
            reason=reason,
            rules=self.rules,
            registry=self.registry,
            clock=self.clock,
            resume=self.resumed.append,
        )

    def settles(self, number: int) -> Approval:
        return settle("bank", number, registry=self.registry, clock=self.clock)

    def told(self) -> list[str]:
        return [event.what for event in reversed(self.registry.events("bank"))]

    def last(self) -> Event:
        return self.registry.events("bank")[0]
