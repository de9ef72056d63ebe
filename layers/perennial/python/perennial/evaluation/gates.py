"""Whether a candidate may be registered: each gate of the spec, as a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from perennial.evaluation.record import Comparison, GateResult
from perennial.report import short
from perennial.spec import Gate, GateAgainst, Metric, ModelSpec

DIGITS = 4


@dataclass(frozen=True, slots=True)
class Standing:
    """What gates are judged by."""

    metrics: Mapping[str, float]  # of the candidate, on all rows
    baseline: Comparison
    champion: Comparison | None
    champion_note: str = ""


def judge(spec: ModelSpec, standing: Standing) -> tuple[GateResult, ...]:
    """Every gate of the spec; and one more unless it is there: the naive baseline is beaten.

    Of no use is a model that a constant equals, so that gate holds where nobody wrote it down.
    """
    results = [result for gate in spec.gates for result in _results(gate, standing)]
    asked = any(
        gate.against is GateAgainst.BASELINE and gate.metric is spec.primary for gate in spec.gates
    )
    if not asked:
        results.append(_beats_baseline(spec.primary, standing))
    return tuple(results)


def _results(gate: Gate, standing: Standing) -> Iterator[GateResult]:
    name, reached = gate.metric.value, standing.metrics.get(gate.metric.value)
    if reached is None:
        yield GateResult(passed=False, sentence=f"{name} is undefined on the holdout")
        return
    if gate.minimum is not None:
        yield _compared(name, reached, ">=", gate.minimum)
    if gate.maximum is not None:
        yield _compared(name, reached, "<=", gate.maximum)
    if gate.against is GateAgainst.BASELINE:
        yield _not_worse(gate, standing.baseline)
    elif gate.against is GateAgainst.CHAMPION:
        yield _against_champion(gate, standing)


def _compared(name: str, reached: float, sign: str, bound: float, of: str = "") -> GateResult:
    """`roc_auc 0.993 ≥ 0.95`, or `roc_auc 0.931 < 0.95` when it is not so."""
    passed = reached >= bound if sign == ">=" else reached <= bound
    holds = {(">=", True): "≥", (">=", False): "<", ("<=", True): "≤", ("<=", False): ">"}
    left, right = _told_apart(reached, bound)
    sentence = f"{name} {left} {holds[sign, passed]} {right}{of}"
    return GateResult(passed=passed, sentence=sentence)


def _told_apart(left: float, right: float) -> tuple[str, str]:
    """Both numbers with as many digits as it takes to see that they differ."""
    for digits in range(DIGITS, 17):
        texts = short(left, digits), short(right, digits)
        if left == right or texts[0] != texts[1]:
            return texts
    return repr(left), repr(right)


def _not_worse(gate: Gate, other: Comparison) -> GateResult:
    name = gate.metric.value
    mine, theirs = other.candidate.get(name), other.metrics.get(name)
    if mine is None or theirs is None:
        return GateResult(
            passed=False, sentence=f"{name} is undefined on the rows shared with the {other.name}"
        )
    higher = gate.metric.higher_is_better
    bound = theirs - gate.tolerance if higher else theirs + gate.tolerance
    allowance = f" within {short(gate.tolerance)}" if gate.tolerance else ""
    of = f" ({other.name} {short(theirs)}{allowance})"
    return _compared(name, mine, ">=" if higher else "<=", bound, of)


def _against_champion(gate: Gate, standing: Standing) -> GateResult:
    if standing.champion is None:
        return GateResult(passed=True, sentence=f"{gate.metric.value}: {standing.champion_note}")
    return _not_worse(gate, standing.champion)


def _beats_baseline(primary: Metric, standing: Standing) -> GateResult:
    name, other = primary.value, standing.baseline
    mine, theirs = other.candidate.get(name), other.metrics.get(name)
    if mine is None or theirs is None:
        return GateResult(passed=False, sentence=f"{name} is undefined on the holdout")
    passed = mine > theirs if primary.higher_is_better else mine < theirs
    left, right = _told_apart(mine, theirs)
    verb = "beats" if passed else "does not beat"
    return GateResult(passed=passed, sentence=f"{name} {left} {verb} the {other.name}'s {right}")
