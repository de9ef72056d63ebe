"""`fairness.json`: what a candidate does to groups of people, as a document others read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from perennial.spec.fairness import Disparity, Goal, Method
from perennial.spec.metrics import Metric, Task

HIDDEN_BELOW = 5  # rows; nothing is told of a group that is smaller


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Estimate(_Record):
    """A number found on the holdout, and its 95 % interval where it has one."""

    value: float
    low: float | None = None
    high: float | None = None


class Group(_Record):
    """The held-out rows of one group.

    `measures` are those of its rows alone: by `perennial.training.fairness_rates` of
    classifications and `fairness_errors` of regressions. Of a multiclass task, `by_class` has
    those of each class against all others.
    """

    labels: tuple[str, ...]  # one for each column of its grouping
    rows: int | None  # None: fewer than `hidden_below`, and nothing else is told
    judged: bool  # false: too few rows
    measures: dict[str, Estimate] = {}
    by_class: dict[str, dict[str, Estimate]] = {}


class Apart(_Record):
    """How far the groups of one grouping lie apart in one measure.

    The interval is simultaneous over all pairs of groups, so that having looked for the largest
    difference is paid for.
    """

    measure: Disparity
    of_class: str | None  # of a multiclass task: the class that is told from the others
    value: float
    low: float
    high: float
    groups: int  # that have enough rows for this measure
    between: tuple[str, str]  # the groups with the smallest and the largest value


class Grouping(_Record):
    """The groups of one column, or of several crossed."""

    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    apart: tuple[Apart, ...]
    note: str  # why nothing, or not everything, is judged; empty where all is


class Change(_Record):
    """Mitigated minus unmitigated, on the same rows."""

    value: float
    low: float | None
    high: float | None


class Treated(_Record):
    """A group that is treated: its threshold, or the weight its rows had on average by class."""

    label: str
    rows: int | None  # that decided on it: of the validation part, or of the training part
    threshold: float | None = None
    weights: dict[str, float] | None = None  # by class


class Mitigated(_Record):
    """What was done about a difference, and what it cost."""

    method: Method
    column: str
    goal: Goal | None
    lawful: str | None  # why people of different groups may be decided differently
    threshold: float | None  # of all groups alike, as it would have been
    groups: tuple[Treated, ...]
    before: dict[str, float]  # metrics of the unmitigated model
    after: dict[str, float]
    apart_before: tuple[Apart, ...]  # by `column`
    apart_after: tuple[Apart, ...]
    changes: dict[Metric, Change]
    apart_changes: dict[Disparity, Change]


class FairnessFound(_Record):
    """Everything that was found about groups."""

    format: Literal[1] = 1
    model: str
    run_id: str
    artifact_digest: str
    task: Task
    positive: str | None  # the class a binary task calls positive; None where it is sensitive
    rows: int  # of the holdout that the candidate answers
    minimum_group: int
    hidden_below: int = HIDDEN_BELOW
    level: float = 0.95  # of all intervals
    groupings: tuple[Grouping, ...]
    mitigation: Mitigated | None = None
