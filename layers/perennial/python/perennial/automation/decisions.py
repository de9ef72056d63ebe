"""What may be decided about a model, and how it is kept until it is done."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Retrain:
    """Train the model anew."""

    retraining_id: str
    cause: str  # a sentence


@dataclass(frozen=True, slots=True)
class RollBack:
    """Take the version in service back."""

    revision: int  # of the route that is left
    from_version: int
    to_version: int
    cause: str
    halts: str = ""  # why nothing is done by itself after this; empty: things go on


@dataclass(frozen=True, slots=True)
class EndRollout:
    """End a rollout and reject its version."""

    rollout_id: str
    version: int
    cause: str


@dataclass(frozen=True, slots=True)
class Halt:
    """Do nothing more by itself until a person says so."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Something is due and waits."""

    reason: str


Decision = Retrain | RollBack | EndRollout | Halt | Hold
_KINDS: dict[str, type[Retrain | RollBack | EndRollout | Halt | Hold]] = {
    each.__name__: each for each in (Retrain, RollBack, EndRollout, Halt, Hold)
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What people are told: a subject of at most 100 ASCII characters, and sentences."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Pending:
    """What was decided and recorded, and may not be done or told yet."""

    decision: Decision | None
    notice: Notice | None

    def to_json(self) -> str:
        """As the registry keeps it."""
        decision = self.decision
        return json.dumps(
            {
                "kind": type(decision).__name__ if decision else None,
                "decision": asdict(decision) if decision else None,
                "notice": asdict(self.notice) if self.notice else None,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Pending:
        """As it was kept."""
        told = json.loads(text)
        kind, notice = told["kind"], told["notice"]
        return cls(
            decision=_KINDS[kind](**told["decision"]) if kind else None,
            notice=Notice(**notice) if notice else None,
        )
