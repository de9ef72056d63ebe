"""What a judge found of a step: in numbers for programs, in words for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What is known of one guardrail, and of the step they stand for."""

    PASS = "pass"  # noqa: S105 - certainly not worse than tolerated
    REJECT = "reject"  # certainly worse than tolerated
    UNDECIDED = "undecided"
    NOT_JUDGED = "not-judged"  # nothing there to judge it by


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One thing the challenger must not be worse at.

    Attributes:
        name: errors, latency, predictions or loss.
        verdict: what is known.
        challenger: how many units of the challenger it rests on.
        champion: the same of the champion.
        estimate: how much worse the challenger seems, in the unit of `tolerated`.
        low: at least so much worse it is, with certainty.
        high: at most so much.
        tolerated: so much worse it may be.
        sentence: the same in words.
    """

    name: str
    verdict: Verdict
    challenger: int
    champion: int
    estimate: float | None
    low: float | None
    high: float | None
    tolerated: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of a step.

    Attributes:
        verdict: pass, reject or undecided.
        guardrails: what it rests on.
        notes: what is missing or was left out.
    """

    verdict: Verdict
    guardrails: tuple[Guardrail, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Why the verdict is what it is."""
        told = [one.sentence for one in self.guardrails if one.verdict is self.verdict]
        return "; ".join(told) if told else "nothing was asked of it yet"

    def as_json(self, **more: Any) -> str:
        """As text for the record of a rollout."""
        return json.dumps({**asdict(self), **more}, allow_nan=False, separators=(",", ":"))
