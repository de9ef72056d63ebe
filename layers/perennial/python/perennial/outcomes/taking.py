"""Outcomes of a request: which of them are taken, and why the others are not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from perennial.labels import canonical
from perennial.outcomes import rules
from perennial.outcomes.rules import ID_LENGTH, LABEL_LENGTH, MEMBERS, Rules

Named = tuple[str | None, str | None, datetime | None]  # prediction, or entity and time


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome, checked.

    Attributes:
        prediction_id: what it is the outcome of; None where an entity is named.
        entity_id: whose prediction it is the outcome of; None where a prediction is named.
        predicted_at: its last prediction at or before this moment is meant, UTC.
        outcome: a number of a regression, else a label.
        observed_at: when it was known, UTC; when it came in where that was not said.
    """

    prediction_id: str | None
    entity_id: str | None
    predicted_at: datetime | None
    outcome: float | str
    observed_at: datetime


@dataclass(slots=True)
class Taken:
    """What became of the outcomes of a request.

    Attributes:
        outcomes: the ones that are taken.
        refused: the place of each other one, and why.
        new: of those taken, how many bear a label that training never saw.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    new: int = 0


class _Refused(Exception):
    """An outcome is not taken; the text says why."""


def take(documents: Sequence[object], asked: Rules) -> Taken:
    """Check outcomes one by one: that some are wrong never stops the others."""
    taken = Taken()
    for place, document in enumerate(documents):
        try:
            outcome = _checked(document, asked)
        except _Refused as refused:
            taken.refused.append((place, str(refused)))
        else:
            taken.outcomes.append(outcome)
            taken.new += isinstance(outcome.outcome, str) and asked.is_new(outcome.outcome)
    return taken


def _checked(document: object, asked: Rules) -> Outcome:
    if not isinstance(document, dict):
        raise _Refused("an outcome is an object")
    for name in document:
        if name not in MEMBERS:
            raise _Refused(f"an outcome has only {', '.join(MEMBERS)}")
    prediction, entity, predicted_at = _named(document, asked)
    value = _value(document.get("outcome"), asked)
    observed_at = _moment(document.get("observed_at"), asked) or asked.received_at
    if predicted_at is not None and observed_at < predicted_at:
        raise _Refused(rules.OBSERVED_TOO_EARLY)
    return Outcome(prediction, entity, predicted_at, value, observed_at)


def _named(document: Mapping[str, object], asked: Rules) -> Named:
    prediction, entity = _id(document.get("prediction_id")), _id(document.get("entity_id"))
    predicted_at = _moment(document.get("predicted_at"), asked)
    if prediction is not None and (entity is not None or predicted_at is not None):
        raise _Refused(rules.NAMED_TWICE)
    if prediction is None and (entity is None or predicted_at is None):
        raise _Refused(rules.NOT_NAMED)
    return prediction, entity, predicted_at


def _id(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= ID_LENGTH or not _is_unicode(value):
        raise _Refused(rules.NOT_AN_ID)
    return value


def _is_unicode(text: str) -> bool:
    """Whether a text is one: JSON can escape half a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _value(value: object, asked: Rules) -> float | str:
    if value is None or value == "":
        raise _Refused(rules.NO_OUTCOME)
    return _number(value) if asked.number else _label(value, asked)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _Refused(rules.NOT_A_NUMBER)
    try:
        number = float(value)
    except OverflowError:
        raise _Refused(rules.NOT_A_NUMBER) from None
    if not math.isfinite(number):
        raise _Refused(rules.NOT_A_NUMBER)
    return number


def _label(value: object, asked: Rules) -> str:
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value)):
        text = canonical(str(value)) if isinstance(value, float) else str(value)
    else:
        raise _Refused(rules.NOT_A_LABEL)
    if len(text) > LABEL_LENGTH or not _is_unicode(text):
        raise _Refused(rules.NOT_A_LABEL)
    label = asked.spelt(text)
    if asked.closed and asked.is_new(label):
        raise _Refused(rules.UNKNOWN_LABEL)
    return label


def _moment(value: object, asked: Rules) -> datetime | None:
    if value is None:
        return None
    moment = read_moment(value) if isinstance(value, str) else None
    if moment is None:
        raise _Refused(rules.NOT_A_TIME)
    if moment > asked.latest:
        raise _Refused(rules.IN_THE_FUTURE)
    return moment


def read_moment(text: str) -> datetime | None:
    """A time in ISO 8601, in UTC; without a zone it is taken as UTC. None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
