"""Looks at one model in service: a report, and the metrics that alarms are set on."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.s3_files import S3Files
from perennial.cost.run import Sizes
from perennial.data.light_arrow import lighten
from perennial.evaluation.scoring import load_scorer
from perennial.monitoring.metrics import metrics_of
from perennial.monitoring.run import Ports, monitor
from perennial.monitoring.timing import is_news, window_of
from perennial.observability import gauges, logger, observed
from perennial.registry.clock import now
from perennial.settings import Settings

lighten()

RESERVE = 120.0  # seconds that are enough to judge and write down what was read


@cache
def ports() -> Ports:
    """Registry, files and clock, once per process."""
    settings = Settings()
    return Ports(
        registry=DynamoRegistry(settings.table),
        files=S3Files(),
        bucket=settings.data_bucket,
        load=load_scorer,
        now=now,
        sizes=_sizes(),
    )


def _sizes() -> Sizes:
    """How large what is billed by size was made, as far as the environment says."""
    given, usual = os.environ, Sizes()
    return Sizes(
        predict_gib=float(given.get("PERENNIAL_PREDICT_MIB") or 1024 * usual.predict_gib) / 1024,
        train_vcpus=float(given.get("PERENNIAL_TRAIN_VCPUS") or usual.train_vcpus),
        train_gib=float(given.get("PERENNIAL_TRAIN_GIB") or usual.train_gib),
    )


def _left(context: Any) -> float:
    """Seconds until the call is cut off."""
    return float(context.get_remaining_time_in_millis()) / 1000 if context else float("inf")


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Report on a model; answers with the address of the report and its verdicts.

    The event names the model, and perhaps the window: `start` and `end`, ISO 8601. Left out, it
    is the latest one of the length that the spec gives.
    """
    model = str(event["model"])
    spec = Settings().specs.spec_of(model)
    moment = datetime.fromisoformat(ports().now())
    start, end = window_of(spec, moment, event.get("start"), event.get("end"))
    made = monitor(spec, start, end, replace(ports(), late=lambda: _left(context) < RESERVE))
    report = made.report
    if is_news(spec, end, moment):
        gauges(metrics_of(report), model=model)
    verdicts = {name: found.state.value for name, found in report.verdicts.items()}
    logger.info(
        "model monitored",
        extra={
            "report": report.report_id,
            "predictions": report.traffic.predictions,
            "outcomes": report.outcomes.matched,
            "problems": len(report.problems),
            "alarms": [name for name, _ in report.alarms()],
        },
    )
    return {"report_uri": made.uri, "verdicts": verdicts}
