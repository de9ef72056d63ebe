"""The stored metrics: writing one value, and reading those an alarm looks at."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator import seams


@dataclass(frozen=True)
class Datum:
    """What was published at one moment: a value seen `count` times, or a statistic set."""

    time: float
    unit: str
    count: float
    total: float
    low: float
    high: float


def record(
    namespace: str,
    name: str,
    value: float,
    *,
    unit: str = "None",
    dimensions: Mapping[str, str] | None = None,
    at: float | None = None,
) -> None:
    """Publish a value in the current account and region."""
    seams.get("services.cloudwatch:_store_datum")(
        namespace, name, dict(dimensions or {}), at or time.time(), unit, value, None, None, None
    )


def read(namespace: str, name: str, dimensions: Mapping[str, str], since: float) -> Iterator[Datum]:
    """What was published under exactly these dimensions, from a time on."""
    key = "|".join(f"{each}={dimensions[each]}" for each in sorted(dimensions))
    points = seams.get("services.cloudwatch:_metrics").get((namespace, name, key)) or []
    for point in list(points):
        if point["Timestamp"] >= since:
            yield _datum(point)


def _datum(point: Mapping[str, Any]) -> Datum:
    told = point.get("_stat")
    if told is not None:
        count, total = float(told.get("SampleCount", 0)), float(told.get("Sum", 0))
        low, high = float(told.get("Minimum", 0)), float(told.get("Maximum", 0))
    else:
        count, low = float(point.get("Count", 1.0)), float(point["Value"])
        total, high = low * count, low
    return Datum(float(point["Timestamp"]), str(point.get("Unit")), count, total, low, high)
