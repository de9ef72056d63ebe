"""Whether the data in service is sound: missing, out of range, unseen, of another type, too few."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from perennial.monitoring import record
from perennial.monitoring.labels import LabelWindow
from perennial.monitoring.numbers import NumberWindow
from perennial.monitoring.record import Recorded, Verdict
from perennial.monitoring.significance import holm, share_test
from perennial.monitoring.special import normal_tail
from perennial.monitoring.window import ColumnWindow, DataWindow
from perennial.report import count
from perennial.spec.monitoring import Quality

_NAMED = 5  # flaws a sentence names
_LEVEL = 0.2  # of the probability of a false alarm of the report


class FlawKind(StrEnum):
    """What can be wrong with the values of a feature."""

    MISSING = "missing"
    OUT_OF_RANGE = "out of range"
    UNSEEN = "unseen labels"
    WRONG_TYPE = "of another type"


class Flaw(Recorded):
    """One thing that is wrong with one feature, shares of the rows it can be wrong in."""

    feature: str
    kind: FlawKind
    share: float
    training: float
    p_value: float  # corrected for looking at several
    alarm: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class QualityFindings:
    """What is wrong with the data.

    Attributes:
        flaws: those that alarm first; shares of zero are left out.
        verdict: on all of them and on the number of predictions.
    """

    flaws: tuple[Flaw, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Check:
    """Hits among rows, now and in training; what is allowed above training."""

    feature: str
    kind: FlawKind
    hits: int
    rows: int
    training: float
    probability: float
    allowed: float

    @property
    def share(self) -> float:
        return self.hits / self.rows if self.rows else 0.0


def judge_quality(window: DataWindow, spec: Quality, false_alarms: float) -> QualityFindings:
    """Judge every feature.

    A share alarms when it is above that of training by more than the spec allows, and by more
    than chance would bring. All checks together alarm without cause with a fifth of
    `false_alarms`: what is broken shows clearly, and the rest is left to the search for drift.
    """
    level = false_alarms * _LEVEL
    checks = [c for name, one in window.features.items() for c in _checks(name, one, spec)]
    adjusted = holm([check.probability for check in checks])
    flaws = [
        _flaw(check, p, level) for check, p in zip(checks, adjusted, strict=True) if check.hits
    ]
    flaws.sort(key=lambda flaw: (not flaw.alarm, flaw.training - flaw.share))
    return QualityFindings(tuple(flaws), _verdict(flaws, window, spec))


def _checks(name: str, window: ColumnWindow, spec: Quality) -> Iterator[_Check]:
    profile = window.reference.profile
    odd = window.not_finite if isinstance(window, NumberWindow) else 0
    empty = window.nulls - window.misfits + odd
    yield _Check(
        name,
        FlawKind.MISSING,
        empty,
        window.rows,
        profile.nulls / max(1, profile.rows),
        share_test(empty, window.rows, profile.nulls, profile.rows),
        spec.maximum_missing,
    )
    yield _Check(
        name,
        FlawKind.WRONG_TYPE,
        window.misfits,
        window.rows,
        0.0,
        share_test(window.misfits, window.rows, 0, profile.rows),
        0.0,
    )
    known = profile.rows - profile.nulls
    if isinstance(window, NumberWindow):
        hits = window.out_of_range
        chance = beyond_extremes(hits, window.count, known)
        allowed = spec.maximum_out_of_range
        yield _Check(name, FlawKind.OUT_OF_RANGE, hits, window.count, 0.0, chance, allowed)
    elif window.reference.complete:
        yield _unseen(name, window, known, spec)


def _unseen(name: str, window: LabelWindow, known: int, spec: Quality) -> _Check:
    """How often a new label is to be expected tell the labels seen only once (Good, 1953)."""
    seen = list(window.reference.profile.counts.values())
    once, twice = seen.count(1), seen.count(2)
    chance = max(
        share_test(window.unseen, window.count, once + 1, known),
        _surprise(window.unseen, window.count, once, twice, known),
    )
    training = once / max(1, known)
    allowed = spec.maximum_unseen
    return _Check(name, FlawKind.UNSEEN, window.unseen, window.count, training, chance, allowed)


def _surprise(unseen: int, rows: int, once: int, twice: int, known: int) -> float:
    """One-sided probability of the share of new labels, given how well it can be foretold.

    Of the estimate by labels seen once the variance is that of labels seen once and twice
    (Esty, 1983, Annals of Statistics 11), more than that of a share among as many rows; one
    label is added, so that it is never zero.
    """
    if not unseen or not known:
        return 1.0
    share = unseen / rows
    variance = (once + 2 * twice + 1) / known**2 + share * (1 - share) / rows
    return normal_tail((share - once / known) / math.sqrt(variance))


def beyond_extremes(hits: int, rows: int, reference_rows: int) -> float:
    """Probability that so many of a window's rows lie beyond the extremes of the reference.

    Put in a circle by rank, the rows beyond both ends are those between two neighbours of the
    reference: among the first `hits` + 1 rows of a random order at most one is of the reference.
    """
    if not hits:
        return 1.0
    if not reference_rows:
        return 1.0
    total = rows + reference_rows
    drawn = min(hits + 1, total)
    none = _log_choose(rows, drawn) - _log_choose(total, drawn)
    one = math.log(reference_rows) + _log_choose(rows, drawn - 1) - _log_choose(total, drawn)
    return min(1.0, math.exp(none) + math.exp(one))


def _log_choose(n: int, k: int) -> float:
    if k < 0 or k > n:
        return -math.inf
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _flaw(check: _Check, adjusted: float, level: float) -> Flaw:
    alarm = adjusted <= level and check.share - check.training > check.allowed
    sentence = f"{check.feature}: {_percent(check.share)} {check.kind.value}"
    sentence += f", in training {_percent(check.training)}"
    if check.share >= 1 and check.kind is FlawKind.MISSING:
        sentence = f"{check.feature}: missing in every row; was it renamed or dropped?"
    return Flaw(
        feature=check.feature,
        kind=check.kind,
        share=check.share,
        training=check.training,
        p_value=adjusted,
        alarm=alarm,
        sentence=sentence,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _verdict(flaws: list[Flaw], window: DataWindow, spec: Quality) -> Verdict:
    alarming = [flaw.sentence for flaw in flaws if flaw.alarm]
    if window.rows < spec.minimum_rows:
        alarming.insert(
            0, f"{count(window.rows)} predictions, at least {spec.minimum_rows} are expected"
        )
    if alarming:
        more = f"; and {len(alarming) - _NAMED} more" if len(alarming) > _NAMED else ""
        return record.alarm("; ".join(alarming[:_NAMED]) + more)
    if not window.rows:
        return record.not_enough("there are no predictions in the window")
    if not window.features:
        return record.not_judged("there is no profile of the training data for any feature")
    return record.ok(f"{count(window.rows)} predictions are as those of training")
