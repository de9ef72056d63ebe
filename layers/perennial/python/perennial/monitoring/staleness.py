"""How old the last prediction is, and the version in service."""

from __future__ import annotations

from datetime import datetime

from perennial.monitoring.record import Verdict, alarm, not_judged, ok
from perennial.spec.duration import seconds


def judge_silence(
    maximum: str | None, last: datetime | None, since: datetime | None, now: datetime
) -> Verdict:
    """Whether nobody has asked for too long.

    Args:
        maximum: the longest time without a prediction, as in the spec.
        last: when the last prediction that is known was made.
        since: from when on there could have been one; counts where none is known.
        now: the end of the window.
    """
    if maximum is None:
        return not_judged("the spec sets no maximum_silence")
    began = since if last is None else last
    if began is None:
        return not_judged("no prediction is known yet")
    silent = (now - began).total_seconds()
    told = f"{_long(silent)} without a prediction" if silent > 0 else "predictions come in"
    return (alarm if silent > seconds(maximum) else ok)(f"{told}; {maximum} at most")


def judge_age(maximum: str | None, version: int, registered: datetime, now: datetime) -> Verdict:
    """Whether the version in service is too old.

    Args:
        maximum: its highest age, as in the spec.
        version: its number.
        registered: when it was registered.
        now: the end of the window.
    """
    if maximum is None:
        return not_judged("the spec sets no maximum_age")
    age = (now - registered).total_seconds()
    told = f"version {version} is {_long(age)} old; {maximum} at most"
    return (alarm if age > seconds(maximum) else ok)(told)


def _long(length: float) -> str:
    """A length of time in its two largest units: `3 d 4 h`."""
    left = max(0, int(length))
    parts: list[str] = []
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if left >= size or (name == "s" and not parts):
            parts.append(f"{left // size} {name}")
            left %= size
    return " ".join(parts[:2])
