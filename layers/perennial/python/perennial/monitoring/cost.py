"""What a model costs at the rate of a window: an estimate that warns, not the bill.

In it: requests through API Gateway and the predict function, capturing them, the trainings of
the last 30 days, and the model's own alarms and metrics. Not in it: storage, logs, data transfer,
what all models share, discounts, free tiers and taxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from perennial.cost.prices import (
    ALARM,
    API_REQUEST,
    COMPOSITE_ALARM,
    FUNCTION_GIB_SECOND,
    FUNCTION_REQUEST,
    METRIC,
    OBJECT_WRITE,
    PRICES_OF,
    QUEUE_REQUEST,
)
from perennial.cost.run import Sizes, cost_of_run
from perennial.monitoring.record import Cost, Verdict, alarm, not_judged, ok
from perennial.registry.records import Run

ALARMS, COMPOSITE_ALARMS, METRICS = 13, 2, 20  # of each model
ALARMS_OF_TWO = 2  # alarms that look at two metrics; each metric is billed
BATCH = 10  # messages of the queue that are taken at once
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was captured in a window."""

    requests: int
    latency_seconds: float  # of all these requests together
    files: int
    captured_share: float  # of the requests
    window: timedelta


def cost_of(usage: Usage, runs: Iterable[Run], now: datetime, sizes: Sizes) -> Cost:
    """The estimate for 30 days.

    Args:
        usage: of the window; its rate is taken to last.
        runs: trainings of the model; those of the 30 days before `now` count.
        now: the end of the window.
        sizes: of what is billed by size.
    """
    windows = MONTH / usage.window
    requests = windows * usage.requests / (usage.captured_share or 1.0)
    seconds = windows * usage.latency_seconds / (usage.captured_share or 1.0)
    computing = FUNCTION_REQUEST * requests + FUNCTION_GIB_SECOND * sizes.predict_gib * seconds
    asked = windows * usage.requests * QUEUE_REQUEST * (1 + 2 / BATCH)
    parts = {
        "API": API_REQUEST * requests,
        "predict function": computing,
        "capture": asked + OBJECT_WRITE * windows * usage.files,
        "training": sum(cost_of_run(run, sizes).dollars for run in runs if _recent(run, now)),
        "alarms and metrics": ALARM * (ALARMS + ALARMS_OF_TWO)
        + COMPOSITE_ALARM * COMPOSITE_ALARMS
        + METRIC * METRICS,
    }
    rounded = {name: round(dollars, 4) for name, dollars in parts.items()}
    return Cost(dollars=round(sum(parts.values()), 2), parts=rounded, prices_of=PRICES_OF)


def judge_cost(cost: Cost, maximum: float | None) -> Verdict:
    """Whether the model costs more than its spec allows."""
    if maximum is None:
        return not_judged("the spec sets no maximum_dollars")
    told = f"about {cost.dollars:,.2f} $ in 30 days; {maximum:,.2f} $ at most"
    return (alarm if cost.dollars > maximum else ok)(told)


def _recent(run: Run, now: datetime) -> bool:
    return now - MONTH <= datetime.fromisoformat(run.created_at) <= now
