"""`report.json`: what one monitoring pass found, as a document others read."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from perennial.evaluation.record import Bins, Difference, Interval
from perennial.spec.metrics import Metric, Task


class Recorded(BaseModel):
    """A part of the document: strict, and without numbers that JSON has no word for."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class State(StrEnum):
    """What a check came to."""

    OK = "ok"
    ALARM = "alarm"
    NOT_ENOUGH = "not-enough-data"  # it was looked at, and there was too little to tell
    NOT_JUDGED = "not-judged"  # it was not looked at; the sentence says why


class Verdict(Recorded):
    """What a check came to, with the numbers it rests on in words."""

    state: State
    sentence: str


class Problem(Recorded):
    """Something that kept a part of the report from being whole."""

    part: str  # captures, outcomes, reference, drift, performance, ...
    sentence: str
    count: int = 1


class Window(Recorded):
    """What the report is about: predictions from `start` on and before `end`, ISO 8601, UTC."""

    start: str
    end: str


class Traffic(Recorded):
    """The captured predictions of the window, each once."""

    predictions: int
    requests: int
    by_version: dict[str, int] = {}  # rows answered, by version number
    first_at: str | None = None
    last_at: str | None = None
    captured_share: float = 1.0  # of the requests, as the spec has it


class Shape(Recorded):
    """The distribution of one column now and in training, in the same bins."""

    labels: tuple[str, ...] | None = None  # of a category
    edges: tuple[float, ...] | None = None  # of numbers: one more than bins, finite
    now: tuple[float, ...]  # shares of the bins
    training: tuple[float, ...]


class Moved(Recorded):
    """How far one column has moved from the training data."""

    name: str
    statistic: str
    effect: float | None  # in the units of the statistic; none where it cannot be computed
    p_value: float | None  # corrected for looking at several columns
    drifted: bool
    judged: bool  # false: too little data, or excluded by the spec
    importance: float | None  # share of the gain in the model in service
    score: float | None = None  # how far beyond what matters, times importance
    sentence: str = ""
    shape: Shape | None = None


class FlawFound(Recorded):
    """Something that is wrong with the values of a feature."""

    feature: str
    kind: str  # missing, out of range, unseen labels, of another type
    share: float  # of the rows in which it can be wrong
    training: float  # the same in the training data
    alarm: bool
    sentence: str


class OutcomeCounts(Recorded):
    """What became of the outcomes that came in during the window."""

    received: int = 0
    matched: int = 0
    late: int = 0
    orphans: int = 0
    conflicts: int = 0
    corrections: int = 0
    unusable: int = 0  # of the wrong type, or from the future


class SliceFound(Recorded):
    """The watched metric on the rows that share a value of a feature."""

    feature: str
    value: str
    outcomes: int
    reached: float | None
    interval: Interval | None  # widened for the number of slices looked at


class VersionFound(Recorded):
    """What one version achieved on the outcomes that came in during the window."""

    version: int
    outcomes: int
    metrics: dict[str, float]
    intervals: dict[str, Interval]
    holdout: dict[str, float]  # what its evaluation found
    calibration: Bins | None = None
    slices: tuple[SliceFound, ...] = ()


class AgainstPrevious(Recorded):
    """The version in service beside the one before it, on the same rows."""

    version: int  # the previous one
    rows: int
    difference: Difference | None  # in service minus previous, in the watched metric


class PastPoint(Recorded):
    """The watched metric of an earlier report."""

    end: str
    version: int
    reached: float
    interval: Interval | None = None


class Cost(Recorded):
    """What the model costs in 30 days at the rate of the window, in US dollars."""

    dollars: float
    parts: dict[str, float]
    prices_of: str  # date of the price list


class Report(Recorded):
    """Everything a pass found."""

    format: Literal[1] = 1
    model: str
    report_id: str
    made_at: str
    window: Window
    task: Task
    version: int | None  # in service at the end of the pass
    metric: Metric  # the one that is watched
    verdicts: dict[str, Verdict]
    problems: tuple[Problem, ...] = ()
    traffic: Traffic
    flaws: tuple[FlawFound, ...] = ()  # those that alarm first
    features: tuple[Moved, ...] = ()  # what moved most first
    prediction: Moved | None = None
    multivariate_auc: float | None = None
    outcomes: OutcomeCounts = OutcomeCounts()
    versions: tuple[VersionFound, ...] = ()
    previous: AgainstPrevious | None = None
    history: tuple[PastPoint, ...] = ()  # the oldest first, this report last
    cost: Cost | None = None
    sample: tuple[dict[str, str], ...] = ()  # some rows, without what may not be kept

    def alarms(self) -> Iterator[tuple[str, Verdict]]:
        """The checks that raise an alarm, by name."""
        yield from (
            (name, found) for name, found in self.verdicts.items() if found.state is State.ALARM
        )

    def in_service(self) -> VersionFound | None:
        """What the version in service achieved, if outcomes told."""
        return next((one for one in self.versions if one.version == self.version), None)


# The checks, in the order in which a reader wants to know.
CHECKS = (
    "quality",
    "drift",
    "prediction_drift",
    "multivariate",
    "concept_drift",
    "performance",
    "collapse",
    "previous",
    "stale_data",
    "stale_model",
    "budget",
)
NAMES = {
    "quality": "Data quality",
    "drift": "Data drift",
    "prediction_drift": "Prediction drift",
    "multivariate": "Drift of all features together",
    "concept_drift": "Concept drift",
    "performance": "Performance against its floor",
    "collapse": "Collapse of performance",
    "previous": "Performance against the version before",
    "stale_data": "Age of the last prediction",
    "stale_model": "Age of the version",
    "budget": "Cost",
}


def ok(sentence: str) -> Verdict:
    """A verdict: nothing is wrong."""
    return Verdict(state=State.OK, sentence=sentence)


def alarm(sentence: str) -> Verdict:
    """A verdict: somebody must know."""
    return Verdict(state=State.ALARM, sentence=sentence)


def not_enough(sentence: str) -> Verdict:
    """A verdict: too little data to tell."""
    return Verdict(state=State.NOT_ENOUGH, sentence=sentence)


def not_judged(sentence: str) -> Verdict:
    """A verdict: nobody looked."""
    return Verdict(state=State.NOT_JUDGED, sentence=sentence)
