"""Which window a pass looks at, and whether what it finds is still news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from perennial.errors import RequestError
from perennial.spec import ModelSpec
from perennial.spec.duration import seconds

# Predictions lie in S3 a minute or two after they were made; a window that ended now would miss
# those, and the next one would not look at them either.
_SETTLING = timedelta(minutes=2)
_SHARE = 20  # of the window: what waiting may be of a short one
_AHEAD = timedelta(minutes=5)  # by which the clock of whoever asks may be ahead of ours
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # nothing was predicted before


def window_of(
    spec: ModelSpec, now: datetime, start: str | None, end: str | None
) -> tuple[datetime, datetime]:
    """The window asked for, or else the latest one of the length in the spec.

    Args:
        spec: of the model.
        now: the clock.
        start: ISO 8601; left out, the length of a window before `end`.
        end: ISO 8601; left out, two minutes ago (a twentieth of a short window), to the minute.

    Raises:
        RequestError: a time is none, or the window has no length, or does not lie in the past.
            The report of a window to come would be the newest one until that time has come.
    """
    length = timedelta(seconds=seconds(spec.monitoring.window))
    last = _moment(end) if end else _minute(now - min(_SETTLING, length / _SHARE))
    if last > now + _AHEAD:
        raise RequestError("the window ends in the future")
    first = _moment(start) if start else max(_FIRST, last - length)
    if last <= first:
        raise RequestError("the window ends before it begins")
    return first, last


def is_news(spec: ModelSpec, end: datetime, now: datetime) -> bool:
    """Whether alarms may follow: a window that was looked at again says nothing about today."""
    return now - end <= timedelta(seconds=max(3600, 2 * seconds(spec.monitoring.every)))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        in_utc = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        raise RequestError("start and end are times as in 2026-01-31T12:00:00Z") from None
    if in_utc < _FIRST:
        raise RequestError(f"the window begins before {_FIRST:%Y}")
    return in_utc.replace(microsecond=0)


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)
