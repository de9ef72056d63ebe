"""Dollars per million predictions: sums over measured times and `perennial.cost.prices`.

Nothing is run here: the times are those `bench_handler` and `bench_serving` have written.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from perennial.cost import prices
from perennial.cost.load import CAPTURE_REQUESTS, LOGGED_BYTES, METRICS
from perennial.cost.sagemaker import SERVERLESS_GIB

from benchmarks.harness import RESULTS, Peer, report

MEMORY_GB = 1.0  # of the predict function as it is deployed
VCPU_GB = 1769 / 1024  # memory that comes with one whole vCPU
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
        "api_gateway": prices.API_REQUEST * 1e6,
        "lambda_requests": prices.FUNCTION_REQUEST * 1e6,
        "lambda_duration": _billed_seconds(times) * MEMORY_GB * prices.FUNCTION_GIB_SECOND * 1e6,
        "capture_queue": CAPTURE_REQUESTS * prices.QUEUE_REQUEST * 1e6,
        "logs": LOGGED_BYTES * 1e6 / 1e9 * prices.LOG_GB,
    }


def ours(times: Times, load: int) -> float:
    """Dollars per million predictions at a load per month; metrics are paid by the month."""
    return sum(sums(times).values()) + METRICS * prices.METRIC * 1e6 / load


def real_time(load: int) -> float:
    """The same of an instance that runs all month."""
    return prices.SAGEMAKER_HOST_HOUR * prices.HOURS * 1e6 / load


def serverless(times: Times) -> float:
    """The same of a SageMaker serverless endpoint with the usual pipeline."""
    warm = math.ceil(times.pipeline) / 1e3
    seconds = warm + COLD_SHARE * times.pipeline_first / 1e3
    return seconds * SERVERLESS_GIB * prices.SAGEMAKER_SERVERLESS_GIB_SECOND * 1e6


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
