"""What a reader should know before relying on a version: found by checks, said as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perennial.card.record import Caveat, Data, Slices
from perennial.evaluation.fairness import FairnessFound
from perennial.evaluation.record import Comparison, Evaluation
from perennial.report import count, share, short
from perennial.spec import ModelSpec, SplitMethod, Task

FEW_ROWS = 500  # of a holdout: a rate of 10 % is known to within 2.6 points at best
MUCH_MISSING = 0.3  # share of a column
WIDE = 0.1  # of the range of a metric between 0 and 1
WEAK_SLICES = 3  # that are named
MISCALIBRATED = 0.05  # expected calibration error


def caveats(
    spec: ModelSpec,
    found: Evaluation,
    data: Data,
    *,
    slices: Slices | None,
    fairness: FairnessFound | None,
    receipt: dict[str, Any],
) -> tuple[Caveat, ...]:
    """All of them, the gravest first."""
    every = [
        *_performance(spec, found),
        *_weak_slices(spec, slices),
        *_of_data(spec, data),
        *_of_method(spec, found),
        *_of_people(spec, fairness),
        *_of_receipt(receipt),
    ]
    order = {"bad": 0, "warning": 1, "note": 2}
    return tuple(sorted(every, key=lambda one: order[one.kind]))


def _performance(spec: ModelSpec, found: Evaluation) -> Iterator[Caveat]:
    name = spec.primary.value
    if found.rows < FEW_ROWS:
        told = f"Measured on {count(found.rows)} held-out rows only: see the intervals"
        yield Caveat(kind="warning", sentence=f"{told}.")
    bounds = found.intervals.get(name)
    if bounds and spec.task is not Task.REGRESSION and bounds.high - bounds.low > WIDE:
        span = f"{short(bounds.low, 3)} to {short(bounds.high, 3)}"
        yield Caveat(kind="warning", sentence=f"{name} is known roughly: {span}.")
    if not _surely_better(found.baseline, higher=spec.primary.higher_is_better):
        told = f"In {name} it is not surely better than a constant"
        yield Caveat(kind="bad", sentence=f"{told}: the interval of the difference holds zero.")
    error = found.metrics.get("calibration_error", 0.0)
    if error > MISCALIBRATED:
        told = f"Its probabilities are off by {share(error)} on average: do not read them as rates"
        yield Caveat(kind="warning", sentence=f"{told}.")
    if found.unanswerable:
        told = f"It refuses {count(found.unanswerable)} of the held-out rows"
        yield Caveat(kind="warning", sentence=f"{told}; no metric counts them.")
    if found.champion_note:
        note = found.champion_note
        yield Caveat(kind="note", sentence=f"{note[:1].upper()}{note[1:]}.")


def _surely_better(other: Comparison, *, higher: bool) -> bool:
    difference = other.difference
    if difference is None or difference.interval is None:
        return False
    return difference.interval.low > 0 if higher else difference.interval.high < 0


def _weak_slices(spec: ModelSpec, slices: Slices | None) -> Iterator[Caveat]:
    weak = [one for one in slices.worst if one.worse] if slices else []
    for one in weak[:WEAK_SLICES]:
        told = f"It does worse where {one.column} is {one.value}"
        reached = f"{spec.primary.value} {short(one.reached, 3)} on {count(one.rows)} rows"
        yield Caveat(kind="warning", sentence=f"{told}: {reached}.")
    more = len(weak) - WEAK_SLICES
    if more > 0:
        told = (
            f"{more} further {'slices do' if more > 1 else 'slice does'} worse than the whole, too"
        )
        yield Caveat(kind="note", sentence=f"{told}: see Slices.")


def _of_data(spec: ModelSpec, data: Data) -> Iterator[Caveat]:
    for column in data.columns:
        if column.missing > MUCH_MISSING:
            told = f"{column.name} is missing in {share(column.missing)} of the rows"
            yield Caveat(kind="warning", sentence=f"{told}.")
    for warning in data.warnings:
        yield Caveat(kind="warning", sentence=f"{warning[:1].upper()}{warning[1:]}.")
    if spec.time_column is not None and spec.split.method is SplitMethod.RANDOM:
        told = "Held-out rows were drawn at random though the data has a time"
        yield Caveat(kind="warning", sentence=f"{told}: the future may be harder than they are.")


def _of_method(spec: ModelSpec, found: Evaluation) -> Iterator[Caveat]:
    tuning = found.tuning
    default = tuning.comparison if tuning else None
    if tuning and default and not _surely_better(default, higher=tuning.metric.higher_is_better):
        told = "Tuning found nothing that is surely better than the parameters of the spec"
        yield Caveat(kind="note", sentence=f"{told}.")
    if not spec.gates:
        told = "The spec sets no gate of its own: only the constant had to be beaten"
        yield Caveat(kind="warning", sentence=f"{told}.")


def _of_people(spec: ModelSpec, fairness: FairnessFound | None) -> Iterator[Caveat]:
    if spec.sensitive and fairness is None:
        told = "Sensitive columns are named, but nothing is known of how groups fare"
        yield Caveat(kind="warning", sentence=f"{told}: the spec asks for no fairness check.")
    for grouping in fairness.groupings if fairness else ():
        few = sum(not group.judged for group in grouping.groups)
        if few:
            told = f"By {' and '.join(grouping.columns)}, {few} of {len(grouping.groups)} groups"
            are = "is" if few == 1 else "are"
            yield Caveat(kind="warning", sentence=f"{told} {are} too small to be judged.")
    if not spec.card.intended_use:
        told = "The spec does not say what the model is for"
        yield Caveat(kind="note", sentence=f"{told} (card.intended_use).")


def _of_receipt(receipt: dict[str, Any]) -> Iterator[Caveat]:
    if str((receipt.get("code") or {}).get("commit", "")).endswith("-dirty"):
        told = "The code that ran was not committed: its digest is known, but no commit has it"
        yield Caveat(kind="warning", sentence=f"{told}.")
    if not receipt.get("lock_digest"):
        told = "The receipt names no lock file: the versions of libraries are known, not pinned"
        yield Caveat(kind="warning", sentence=f"{told}.")
