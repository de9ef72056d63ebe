"""Dollars per million predictions: sums over measured times and AWS's public price list.

Nothing is run here: the times are those `bench_handler` and `bench_serving` have written. List
prices of US East (N. Virginia), without free tiers and discounts; edit them for another region.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import RESULTS, Peer, report

HOURS = 730.0  # of a month
LAMBDA_GB_SECOND, LAMBDA_REQUEST = 0.0000133334, 0.20e-6  # arm64
GATEWAY_REQUEST = 3.50e-6  # REST API
QUEUE_REQUEST = 0.40e-6
LOG_GB, METRIC_MONTH = 0.50, 0.30
INSTANCE_HOUR = 0.115  # ml.m5.large
SERVERLESS_SECOND = 0.00004  # of 2 GB of memory
MEMORY_GB = 1.0  # of the predict function as it is deployed
VCPU_GB = 1769 / 1024  # memory that comes with one whole vCPU
LINE_BYTES, METRICS = 700, 6  # of a request's log line, of a model
CAPTURE_REQUESTS = 1.3  # to the queue: one message sent, its share of receiving and deleting
COLD_SHARE = 0.01  # of requests that meet a new process
LOADS = (100_000, 1_000_000, 10_000_000, 100_000_000)  # predictions a month


@dataclass(frozen=True)
class Times:
    """Milliseconds on one whole vCPU, measured."""

    row: float  # ours
    first: float  # ours, from a fresh process
    pipeline: float  # a scikit-learn Pipeline behind a server
    pipeline_first: float


def main() -> None:
    times = _times()
    table = [
        {
            "per_month": load,
            "perennial": ours(times, load),
            "sagemaker_real_time": real_time(load),
            "sagemaker_serverless": serverless(times),
        }
        for load in LOADS
    ]
    million = table[1]
    report(
        name="cost-per-million",
        unit="dollars",
        value=million["perennial"],
        aim="beside a SageMaker endpoint, the sums shown",
        met=million["perennial"] < million["sagemaker_real_time"],
        command="make bench ARGS='handler serving cost'",
        peers=[
            Peer("SageMaker real-time, one ml.m5.large", "", million["sagemaker_real_time"]),
            Peer("SageMaker serverless, 2 GB", "", million["sagemaker_serverless"]),
        ],
        extra={"loads": table, "sums": sums(times), "times_ms": times.__dict__},
    )


def sums(times: Times) -> dict[str, float]:
    """What a million requests of one row cost, by what is paid for."""
    return {
        "api_gateway": GATEWAY_REQUEST * 1e6,
        "lambda_requests": LAMBDA_REQUEST * 1e6,
        "lambda_duration": _billed_seconds(times) * MEMORY_GB * LAMBDA_GB_SECOND * 1e6,
        "capture_queue": CAPTURE_REQUESTS * QUEUE_REQUEST * 1e6,
        "logs": LINE_BYTES * 1e6 / 1e9 * LOG_GB,
    }


def ours(times: Times, load: int) -> float:
    """Dollars per million predictions at a load per month; metrics are paid by the month."""
    return sum(sums(times).values()) + METRICS * METRIC_MONTH * 1e6 / load


def real_time(load: int) -> float:
    """The same of an instance that runs all month."""
    return INSTANCE_HOUR * HOURS * 1e6 / load


def serverless(times: Times) -> float:
    """The same of a SageMaker serverless endpoint with the usual pipeline."""
    warm = math.ceil(times.pipeline) / 1e3
    return (warm + COLD_SHARE * times.pipeline_first / 1e3) * SERVERLESS_SECOND * 1e6


def _billed_seconds(times: Times) -> float:
    """Of one request: whole milliseconds, at the share of a processor the memory comes with."""
    slower = max(1.0, VCPU_GB / MEMORY_GB)
    return math.ceil(times.row * slower) / 1e3 + COLD_SHARE * times.first * slower / 1e3


def _times() -> Times:
    row, first, later = (
        _figure(name) for name in ("handler-one-row-p50", "serving-first-answer", "serving-one-row")
    )
    return Times(row["value"], first["value"], _usual(later), _usual(first))


def _usual(figure: dict[str, Any]) -> float:
    return next(float(p["value"]) for p in figure["peers"] if p["name"].startswith("scikit-learn"))


def _figure(name: str) -> dict[str, Any]:
    path = RESULTS / f"{name}.json"
    if not path.exists():
        raise SystemExit(f"{path} is missing; first run: make bench ARGS='handler serving'")
    figure: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return figure


if __name__ == "__main__":
    main()
