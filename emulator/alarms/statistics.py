"""The value of a statistic over what was published in one period."""

import re
from collections.abc import Sequence
from typing import Final

from emulator.metrics.store import Datum

_PERCENTILE: Final = re.compile(r"^[pP](\d{1,2}(\.\d+)?|100)$")


def value(statistic: str, data: Sequence[Datum]) -> float | None:
    """`Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile such as `p99`.

    None when nothing was published, and for percentiles of statistic sets that hide their values.

    Raises:
        ValueError: CloudWatch has the statistic and the emulator does not.
    """
    seen = [datum for datum in data if datum.count > 0]
    if not seen:
        return None
    count = sum(datum.count for datum in seen)
    match statistic:
        case "Sum":
            return sum(datum.total for datum in seen)
        case "Average":
            return sum(datum.total for datum in seen) / count
        case "Minimum":
            return min(datum.low for datum in seen)
        case "Maximum":
            return max(datum.high for datum in seen)
        case "SampleCount":
            return count
    matched = _PERCENTILE.match(statistic)
    if matched is None:
        raise ValueError(f"the emulator has no statistic {statistic}")
    return _percentile(float(matched[1]), seen)


def _percentile(percent: float, data: Sequence[Datum]) -> float | None:
    """Linear interpolation between the closest ranks of the values, each as often as counted."""
    if any(datum.low != datum.high for datum in data):
        return None
    ordered = sorted((datum.low, datum.count) for datum in data)
    rank = percent / 100 * (sum(count for _, count in ordered) - 1)
    below, above = _at(ordered, int(rank)), _at(ordered, int(rank) + 1)
    return below + (above - below) * (rank - int(rank))


def _at(ordered: Sequence[tuple[float, float]], position: int) -> float:
    passed = 0.0
    for seen, count in ordered:
        passed += count
        if position < passed:
            return seen
    return ordered[-1][0]
