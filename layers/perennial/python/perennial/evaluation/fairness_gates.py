"""Whether a candidate treats groups alike enough: each fairness gate of the spec, as a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from perennial.evaluation.fairness import Apart, FairnessFound, Grouping
from perennial.evaluation.record import GateResult
from perennial.report import short
from perennial.spec import ModelSpec
from perennial.spec.fairness import FairnessGate

DIGITS = 3


def judge(spec: ModelSpec, found: FairnessFound) -> tuple[GateResult, ...]:
    """Every fairness gate of the spec.

    A gate that cannot be judged, for want of rows or of a second group, is not passed: nobody
    would know whether what it asks for holds.
    """
    return tuple(result for gate in spec.fairness.gates for result in _results(gate, found))


def _results(gate: FairnessGate, found: FairnessFound) -> Iterator[GateResult]:
    """One result for each grouping it is about."""
    for grouping in found.groupings:
        alone = not gate.columns and len(grouping.columns) == 1
        if alone or set(grouping.columns) == set(gate.columns):
            yield _of_grouping(gate, grouping, found.minimum_group)
    if gate.columns and all(set(one.columns) != set(gate.columns) for one in found.groupings):
        told = "nothing was found about its groups"
        yield GateResult(passed=False, sentence=f"{_named(gate, gate.columns)}: {told}")


def _of_grouping(gate: FairnessGate, grouping: Grouping, fewest: int) -> GateResult:
    """The class of a multiclass task that is furthest apart decides."""
    apart = [one for one in grouping.apart if one.measure is gate.measure]
    name = _named(gate, grouping.columns)
    if not apart:
        why = grouping.note or f"fewer than two groups have {fewest} rows that count for it"
        return GateResult(passed=False, sentence=f"{name} cannot be judged: {why}")
    return min((_compared(gate, one, name) for one in apart), key=lambda result: result.passed)


def _compared(gate: FairnessGate, apart: Apart, name: str) -> GateResult:
    """`… 0.031 ≤ 0.1 (95 % interval 0 to 0.072)`, and between whom where it is beyond."""
    ratio = gate.measure.is_ratio
    bound = (gate.minimum if ratio else gate.maximum) or 0.0
    holds = apart.value >= bound if ratio else apart.value <= bound
    certain = apart.high < bound if ratio else apart.low > bound
    sign = {(True, True): "≥", (True, False): "<", (False, True): "≤", (False, False): ">"}
    span = f"95 % interval {short(apart.low, DIGITS)} to {short(apart.high, DIGITS)}"
    told = f"{name} {_digits(apart.value, bound)} {sign[ratio, holds]} {short(bound)} ({span})"
    if not holds:
        told += f" between {apart.between[0]} and {apart.between[1]}"
        told += f" for {apart.of_class}" if apart.of_class is not None else ""
    if holds or not gate.beyond_chance:
        return GateResult(passed=holds, sentence=told)
    rest = "which is beyond chance" if certain else "which is within chance"
    return GateResult(passed=not certain, sentence=f"{told}, {rest}")


def _digits(value: float, bound: float) -> str:
    """With as many digits as it takes to see that it is not the bound."""
    for digits in range(DIGITS, 17):
        if value == bound or short(value, digits) != short(bound, digits):
            return short(value, digits)
    return repr(value)


def _named(gate: FairnessGate, columns: tuple[str, ...]) -> str:
    return f"{gate.measure.value} by {' and '.join(columns)}"
