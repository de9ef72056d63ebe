"""What a model costs at the rate of a window: an estimate that warns, not the bill.

In it: requests through API Gateway and the predict function, capturing them, the trainings of
the last 30 days, and the model's own alarms and metrics. Not in it: storage, logs, data transfer,
what all models share, discounts, free tiers and taxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from perennial.monitoring.record import Cost, Verdict, alarm, not_judged, ok
from perennial.registry.records import Run

PRICES_OF = "2025-11"
# List prices of us-east-1, in US dollars.
API_REQUEST = 3.50e-6
FUNCTION_REQUEST = 0.20e-6
FUNCTION_GIB_SECOND = 13.3334e-6  # Arm
QUEUE_REQUEST = 0.40e-6
STORED_FILE = 5.0e-6
TRAINING_VCPU_SECOND = 0.04048 / 3600  # Fargate, Linux
TRAINING_GIB_SECOND = 0.004445 / 3600
ALARM, COMPOSITE_ALARM, METRIC = 0.10, 0.50, 0.30  # a month

ALARMS, COMPOSITE_ALARMS, METRICS = 12, 2, 20  # of each model
BATCH = 10  # messages of the queue that are taken at once
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the parts of the deployment are that a model is billed for."""

    predict_gib: float = 1.0
    train_vcpus: float = 4.0
    train_gib: float = 16.0


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
        "capture": asked + STORED_FILE * windows * usage.files,
        "training": sum(_training(run, sizes) for run in runs if _recent(run, now)),
        "alarms and metrics": ALARM * ALARMS
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


def _training(run: Run, sizes: Sizes) -> float:
    second = TRAINING_VCPU_SECOND * sizes.train_vcpus + TRAINING_GIB_SECOND * sizes.train_gib
    return second * run.seconds.get("TrainModel", 0.0)
