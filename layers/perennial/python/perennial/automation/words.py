"""What alarms say, as sentences a person can read aloud."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from perennial.automation.kinds import AlarmKind
from perennial.automation.situation import Situation

SAYS: dict[AlarmKind, str] = {
    AlarmKind.ERRORS: "too many requests fail on our side",
    AlarmKind.RECURRING_ERRORS: "requests fail on our side again and again, hour after hour",
    AlarmKind.LATENCY: "answers take too long",
    AlarmKind.BAD_ARTIFACT: "a version in service cannot be loaded",
    AlarmKind.QUALITY: "the data in service is not in order",
    AlarmKind.DRIFT: "the data in service has drifted away from the training data",
    AlarmKind.CONCEPT_DRIFT: "the errors of the predictions grow",
    AlarmKind.BELOW_FLOOR: "performance is below the floor of the spec",
    AlarmKind.COLLAPSED: "performance has collapsed",
    AlarmKind.BELOW_PREVIOUS: "performance is below that of the version before",
    AlarmKind.STALE: "the data or the version in service is too old",
    AlarmKind.SILENT: "no monitoring report was made in time",
    AlarmKind.OVER_BUDGET: "the model costs more than its budget",
}


def cause_of(situation: Situation, kinds: Sequence[AlarmKind]) -> str:
    """Why something is done: what each alarm says, without a full stop at the end.

    It stays the same while the same alarms are on, whatever a later report measures.
    """
    said = [f"{SAYS[kind]} (alarm {kind})" for kind in kinds if kind in situation.alarms]
    return "; ".join(said)


def moment(when: datetime) -> str:
    """A point in time as people write it, to the minute."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
