"""What an outcome must be to be taken: the same for one that is sent and a million in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from perennial.labels import canonical
from perennial.spec import ModelSpec, Task

MEMBERS = ("prediction_id", "entity_id", "predicted_at", "outcome", "observed_at")
TOLERANCE = timedelta(minutes=5)  # by which the clocks of callers may be ahead of ours
ID_LENGTH = 256  # characters
LABEL_LENGTH = 512  # characters

# Why an outcome is refused; told to whoever sent it, counted by these words, and without a value.
NOT_NAMED = "names no prediction: give prediction_id, or entity_id and predicted_at"
NAMED_TWICE = "names its prediction twice: give prediction_id, or entity_id and predicted_at"
NO_OUTCOME = "has no outcome"
NOT_A_NUMBER = "outcome is no finite number"
NOT_A_LABEL = "outcome is no label"
UNKNOWN_LABEL = "outcome is none of the two labels of the target"
NOT_AN_ID = f"an id is no text of 1 to {ID_LENGTH} characters"
NOT_A_TIME = "a time is not as in 2026-01-31T12:00:00Z"
IN_THE_FUTURE = "a time lies in the future"
OBSERVED_TOO_EARLY = "observed_at lies before predicted_at"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of the outcomes of one model, at one moment.

    Attributes:
        number: whether outcomes are numbers, as of a regression; else labels.
        known: the labels the version in service learned; None where that is not known.
        closed: whether there can be no further label, as of a binary task.
        canonical: whether labels are spelt canonically: `1` for `1.0`, `true` for `True`.
        received_at: when they came in, UTC.
    """

    number: bool
    known: frozenset[str] | None
    closed: bool
    canonical: bool
    received_at: datetime

    @property
    def latest(self) -> datetime:
        """What a time may be at most: clocks disagree a little."""
        return self.received_at + TOLERANCE

    def spelt(self, label: str) -> str:
        """A label as training spells it."""
        return canonical(label) if self.canonical else label

    def is_new(self, label: str) -> bool:
        """Whether training never saw a label."""
        return self.known is not None and label not in self.known


def rules_of(spec: ModelSpec, classes: Sequence[str] | None, received_at: datetime) -> Rules:
    """The rules for outcomes of a model.

    Args:
        spec: of the model.
        classes: labels of the version in service; None without one.
        received_at: when the outcomes came in, UTC.
    """
    positive = spec.positive_class
    return Rules(
        number=spec.task is Task.REGRESSION,
        known=None if classes is None else frozenset(classes),
        closed=spec.task is Task.BINARY,
        canonical=positive is None or canonical(positive) == positive,
        received_at=received_at,
    )


def why_none(spec: ModelSpec) -> str | None:
    """Why a model takes no outcomes at all, or None."""
    if spec.target in spec.sensitive:
        return f"The target {spec.target!r} is sensitive: its values are not kept."
    return None
