"""`card.json`: a model card as a document that programs read."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from perennial.evaluation.fairness import FairnessFound
from perennial.evaluation.record import Evaluation, Interval


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Caveat(_Record):
    """Something a reader should know before relying on the version, found by a check."""

    kind: Literal["bad", "warning", "note"]
    sentence: str


class Slice(_Record):
    """The primary metric on some of the held-out rows."""

    column: str
    value: str
    rows: int
    reached: float
    interval: Interval | None
    worse: bool  # all of the interval lies on the worse side of the whole


class Slices(_Record):
    """The worst slices of the holdout."""

    rows: int  # that were looked at, a sample of the holdout where that is large
    looked_at: int  # slices
    worst: tuple[Slice, ...]


class Explained(_Record):
    """How one feature moves the predictions."""

    feature: str
    mean_absolute: float  # contribution, in units of the margin
    share: float  # of the sum over all features
    direction: float | None  # rank correlation of value and contribution; None of categories
    points: tuple[tuple[float, float | None], ...]  # contribution, and place of the value, 0 to 1


class Explanation(_Record):
    """What the version pays attention to, over a sample of the holdout."""

    method: str
    unit: str
    rows: int
    features: tuple[Explained, ...]  # the most important first


class Column(_Record):
    """One column of the training data; without values where it is sensitive."""

    name: str
    type: str
    sensitive: bool
    missing: float  # share of the rows
    summary: str


class Data(_Record):
    """What the version was trained on."""

    digest: str
    rows: int
    parts: dict[str, int]  # rows of training, validation and holdout
    source: dict[str, Any]  # the uploaded object: bucket, key, version, size
    target: str
    columns: tuple[Column, ...]
    warnings: tuple[str, ...]  # of validation


class Method(_Record):
    """How it was made."""

    task: str
    algorithm: str
    parameters: dict[str, Any]
    rounds: int | None
    split: dict[str, Any]
    search: dict[str, Any] | None  # method, trials, ended_by, best, default, margin
    selection: tuple[dict[str, Any], ...]  # of features, with reasons
    engineering: dict[str, Any]


class Decision(_Record):
    """What a person decided about it."""

    status: str
    by: str
    at: str
    reason: str


class Card(_Record):
    """Everything about one version."""

    format: Literal[1] = 1
    model: str
    version: int
    run_id: str
    created_at: str
    created_by: str
    description: str
    stated: dict[str, Any]  # the section `card` of the spec
    caveats: tuple[Caveat, ...]
    data: Data
    method: Method
    evaluation: Evaluation
    slices: Slices | None
    fairness: FairnessFound | None
    explanation: Explanation | None
    explanation_note: str  # why there is none
    approval: Decision | None
    approval_needed: bool
    receipt: dict[str, Any]
    cost: dict[str, Any]
