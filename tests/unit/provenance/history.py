"""A history with everything in it, and ways to tamper with it behind the registry's back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from perennial.provenance.audit import Audit, audit
from perennial.provenance.findings import Kind
from perennial.registry.chain import Head, digest_of
from perennial.registry.records import Event, Rollout, RolloutStatus
from perennial.registry.routing import choose_champion, put_in_service, roll_back
from perennial.registry.staging import begin_rollout, end_rollout

from tests.fakes.records import a_rollout, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry

MODEL = "bank"


@dataclass
class Archive(InMemoryRegistry):
    """A registry whose history can be tampered with."""

    minutes: int = 0
    anchored: dict[int, set[str]] = field(default_factory=dict)

    def clock(self) -> str:
        """A minute later each time."""
        self.minutes += 1
        return f"2026-01-{1 + self.minutes // 1440:02d}T{self.minutes // 60 % 24:02d}:" + (
            f"{self.minutes % 60:02d}:00.000Z"
        )

    def written(self) -> list[Event]:
        """The events, in order, as a list that may be changed."""
        return self._events[MODEL]

    def rewrite(self, events: list[Event]) -> None:
        """Put events in the place of all others, with digests and a head that fit them."""
        told: list[Event] = []
        for event in events:
            linked = replace(
                event, sequence=len(told) + 1, previous=told[-1].digest if told else ""
            )
            told.append(replace(linked, digest=digest_of(linked)))
        self._events[MODEL] = told
        self.set_head(Head(len(told), told[-1].digest))

    def set_head(self, head: Head) -> None:
        """Say that the history ends elsewhere."""
        self._heads[MODEL] = head

    def anchor(self) -> None:
        """Write the head down outside of the registry."""
        head = self.head(MODEL)
        self.anchored.setdefault(head.sequence, set()).add(head.digest)

    def audited(self) -> Audit:
        """What an audit finds."""
        return audit(MODEL, self, self.anchored)

    def kinds(self) -> list[Kind]:
        """Of what an audit finds, each once."""
        return list(dict.fromkeys(finding.kind for finding in self.audited().findings))

    def register(self, number: int) -> None:
        """The next version."""
        at = self.clock()
        self.create_run(a_run(f"run{number}", created_at=at))
        version = a_version(f"run{number}", artifact_digest=f"{number % 10}" * 64, created_at=at)
        event = an_event(at=at, details={"artifact_digest": f"{number % 10}" * 64})
        self.register_version(version, event)

    def challenge(self, number: int) -> Rollout:
        """A rollout of a version begins."""
        rollout = a_rollout(rollout_id=f"r{number}", version=number)
        return begin_rollout(rollout, registry=self, clock=self.clock)


def lived() -> Archive:
    """Ten events: registrations, a rollout that is rejected, a rollback, a person's choice."""
    archive = Archive()
    said: dict[str, Any] = {"registry": archive, "clock": archive.clock}
    archive.register(1)
    put_in_service(MODEL, 1, by="workflow", reason="first", **said)
    archive.register(2)
    put_in_service(MODEL, 2, by="workflow", reason="better", **said)
    archive.register(3)
    archive.challenge(3)
    end_rollout(MODEL, "r3", RolloutStatus.REJECTED, by="judge", reason="worse", **said)
    roll_back(MODEL, 2, by="alarm", reason="errors", **said)
    archive.tell(an_event("route_proven", at=archive.clock(), subject="route 5", details={}))
    choose_champion(MODEL, 2, by="ada", reason="it was the data", **said)
    return archive
