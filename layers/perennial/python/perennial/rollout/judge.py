"""Decides by evidence whether a challenger may go on: however often it is asked, rarely wrong.

A challenger is rejected when any guardrail is worse than tolerated with certainty, and passes when
none is with certainty. In between nothing is decided. The error rate of the spec holds for a whole
rollout:

- *Rejecting a good one.* Any guardrail of any step may do that, so each gets its part of the rate
  (Bonferroni).
- *Promoting a bad one.* What is worse than tolerated has to slip through its guardrail at every
  step, so each test may use the whole rate (Berger, "Multiparameter hypothesis testing and
  acceptance sampling", Technometrics 24, 1982: the intersection-union test).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from perennial.registry.records import RolloutStep
from perennial.rollout import wording
from perennial.rollout.bounds import margin, share_above, share_below
from perennial.rollout.evidence import Evidence
from perennial.rollout.findings import Findings, Guardrail, Verdict
from perennial.rollout.samples import Difference
from perennial.spec.rollout import Rollout

GUARDRAILS = 4  # errors, latency, predictions, loss
FEWEST = 30  # units of each version below which no central limit is trusted
RARER = 10  # outcomes of a second label below which the spread of losses is not known


@dataclass(frozen=True, slots=True)
class Limits:
    """How certain a judge must be.

    Attributes:
        passing: probability of an error on the side of passing, by guardrail.
        rejecting: the same on the side of rejecting.
        least: units of each version before anything passes.
    """

    passing: float
    rejecting: float
    least: int

    @classmethod
    def of(cls, rollout: Rollout, step: RolloutStep, steps: int) -> Limits:
        """The limits of one of the steps of a rollout."""
        rejecting = rollout.error_rate / (steps * GUARDRAILS)
        return cls(rollout.error_rate, rejecting, step.minimum_requests)

    @property
    def first_look(self) -> float:
        """Units of each version before a mean is looked at."""
        return float(max(self.least, FEWEST))


def judge(evidence: Evidence, rollout: Rollout, step: RolloutStep, steps: int) -> Findings:
    """What the evidence says of a step.

    Args:
        evidence: of both versions since the step began.
        rollout: what is tolerated, and the error rate.
        step: which is judged.
        steps: how many the whole rollout has.
    """
    limits = Limits.of(rollout, step, steps)
    guardrails = tuple(_guardrails(evidence, rollout, limits))
    verdicts = {one.verdict for one in guardrails}
    if Verdict.REJECT in verdicts:
        verdict = Verdict.REJECT
    elif Verdict.UNDECIDED in verdicts:
        verdict = Verdict.UNDECIDED
    else:
        verdict = Verdict.PASS
    return Findings(verdict, guardrails, evidence.notes)


def _guardrails(evidence: Evidence, rollout: Rollout, limits: Limits) -> Iterator[Guardrail]:
    yield _errors(evidence, rollout.tolerated_errors, limits)
    yield _latency(evidence.latency, rollout.tolerated_latency, limits)
    yield _predictions(evidence, rollout.tolerated_shift, limits)
    yield _loss(evidence, rollout.tolerated_loss, limits)


def _errors(evidence: Evidence, tolerated: float, limits: Limits) -> Guardrail:
    """Exact at any number of requests, so a broken challenger is rejected after a handful.

    Each version gets half of the probability: that holds however their failures hang together.
    """
    new, old = evidence.challenger, evidence.champion
    if not new.requests or not old.requests:
        return _waiting("errors", new.requests, old.requests, tolerated, limits)
    low = share_below(new, limits.rejecting / 2) - share_above(old, limits.rejecting / 2)
    high = share_above(new, limits.passing / 2) - share_below(old, limits.passing / 2)
    seen = new.errors / new.requests - old.errors / old.requests
    enough = min(new.requests, old.requests) >= limits.least
    verdict = _verdict(low > tolerated, enough and high < tolerated)
    sentence = wording.errors(seen, low, high, tolerated)
    return Guardrail(
        "errors", verdict, new.requests, old.requests, seen, low, high, tolerated, sentence
    )


def _latency(difference: Difference | None, tolerated: float, limits: Limits) -> Guardrail:
    """`difference` is of logarithms, so it is told as times the champion's latency."""
    if difference is None or min(_units(difference)) < limits.first_look:
        return _waiting("latency", *_units(difference), tolerated, limits)
    low, high = _range(difference, limits.rejecting, limits.passing, limits)
    seen, low, high = _exp(difference.estimate), _exp(low), _exp(high)
    verdict = _verdict(low > tolerated, high < tolerated)
    sentence = wording.latency(seen, low, high, tolerated)
    return Guardrail("latency", verdict, *_units(difference), seen, low, high, tolerated, sentence)


def _predictions(evidence: Evidence, tolerated: float, limits: Limits) -> Guardrail:
    """The largest difference over all groups; each may reject on both sides with its part."""
    if not evidence.shift:
        return _without("predictions", tolerated, "no predictions captured in this step")
    some = next(iter(evidence.shift.values()))
    if min(_units(some)) < limits.first_look:
        return _waiting("predictions", *_units(some), tolerated, limits)
    share = limits.rejecting / (2 * len(evidence.shift))
    lows, highs = {}, {}
    for group, difference in evidence.shift.items():
        away = abs(difference.estimate)
        lows[group] = away - margin(difference, share, limits.first_look)
        highs[group] = away + margin(difference, limits.passing, limits.first_look)
    group = max(evidence.shift, key=lambda one: abs(evidence.shift[one].estimate))
    seen, low, high = evidence.shift[group].estimate, max(lows.values()), max(highs.values())
    verdict = _verdict(low > tolerated, high < tolerated)
    sentence = wording.predictions(group, seen, high, tolerated)
    return Guardrail(
        "predictions", verdict, *_units(some), abs(seen), low, min(high, 1.0), tolerated, sentence
    )


def _loss(evidence: Evidence, tolerated: float, limits: Limits) -> Guardrail:
    """Told as a share of the champion's loss; without outcomes enough it is not judged."""
    difference, whole = evidence.loss, evidence.champion_loss
    if difference is None:
        return _without("loss", tolerated, "no outcomes yet")
    if min(_units(difference)) < limits.first_look:
        told = wording.few_outcomes(min(_units(difference)), int(limits.first_look))
        return _without("loss", tolerated, told, difference)
    if evidence.rarer_outcomes is not None and evidence.rarer_outcomes < RARER:
        told = wording.alike_outcomes(evidence.rarer_outcomes, RARER)
        return _without("loss", tolerated, told, difference)
    low, high = _range(difference, limits.rejecting, limits.passing, limits)
    verdict = _verdict(low > 0, high < 0)
    unit = whole if whole > 0 else 1.0
    seen, low, high = (tolerated + each / unit for each in (difference.estimate, low, high))
    sentence = wording.loss(seen, low, high, tolerated)
    return Guardrail("loss", verdict, *_units(difference), seen, low, high, tolerated, sentence)


def _range(
    difference: Difference, rejecting: float, passing: float, limits: Limits
) -> tuple[float, float]:
    low = difference.estimate - margin(difference, rejecting, limits.first_look)
    high = difference.estimate + margin(difference, passing, limits.first_look)
    return low, high


def _verdict(worse: bool, fine: bool) -> Verdict:
    if worse:
        return Verdict.REJECT
    return Verdict.PASS if fine else Verdict.UNDECIDED


def _units(difference: Difference | None) -> tuple[int, int]:
    return (difference.challenger, difference.champion) if difference else (0, 0)


def _exp(value: float) -> float:
    return math.exp(min(max(value, -50.0), 50.0))


def _waiting(
    name: str, challenger: int, champion: int, tolerated: float, limits: Limits
) -> Guardrail:
    """Too little is there to say anything yet."""
    needed = limits.least if name == "errors" else int(limits.first_look)
    sentence = wording.waiting(name, challenger, champion, needed)
    verdict = Verdict.UNDECIDED
    return Guardrail(name, verdict, challenger, champion, None, None, None, tolerated, sentence)


def _without(
    name: str, tolerated: float, why: str, difference: Difference | None = None
) -> Guardrail:
    sentence = f"{name}: not judged, {why}"
    verdict = Verdict.NOT_JUDGED
    units = _units(difference)
    return Guardrail(name, verdict, *units, None, None, None, tolerated, sentence)
