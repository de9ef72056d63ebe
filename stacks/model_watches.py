"""What is watched of each model: one entry for each kind of alarm, from its spec.

Verdicts of reports are 0 or 1 and are left out where there is too little data. Between two
reports there is nothing: such an alarm keeps its state until the next one says otherwise. The
endpoint's alarms look at five single minutes, so that a few failures in one of them, or a cold
start, take nothing back; without requests they are off. What fails in bursts, or hardly anybody
asks for, shows hour after hour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from perennial.automation.kinds import AlarmKind, kinds_of
from perennial.automation.situation import SLOW_HOURS
from perennial.spec import ModelSpec
from perennial.spec.duration import seconds

_MINUTE, _HOUR = 60, 3600
_DAY, _WEEK = 24 * _HOUR, 7 * 24 * _HOUR
_ROUNDS = 2.5  # of reports that may be missed before it is told
_QUIET = cloudwatch.TreatMissingData.NOT_BREACHING
_KEPT = cloudwatch.TreatMissingData.IGNORE
_TOLD = cloudwatch.TreatMissingData.MISSING


@dataclass(frozen=True)
class ModelWatch:
    """One alarm of a model.

    Attributes:
        says: one sentence for the person it wakes.
        metrics: names in the namespace of this project, by the model; of several, the largest.
        statistic: how a period is summed up.
        least: the sum of the metric below which a period counts for nothing.
        threshold: the bound.
        missing: what a period without a value counts as.
        below: whether values below the bound are too little; else those above it are too much.
        period: seconds.
        periods: how many are looked at.
        of_them: how many of these must be out of bounds.
        tells: whether it tells people itself; else an alarm made of several does.
            One whose lack of values counts as such tells of that too.
    """

    says: str
    metrics: tuple[str, ...]
    statistic: str
    threshold: float
    missing: cloudwatch.TreatMissingData
    below: bool = False
    period: int = _MINUTE
    periods: int = 1
    of_them: int = 1
    tells: bool = False
    least: int = 0


def watches_of(spec: ModelSpec) -> dict[AlarmKind, ModelWatch]:
    """The alarms of a model, by kind."""
    every = {**_of_endpoint(spec), **_of_reports(), AlarmKind.SILENT: _silent(spec)}
    return {kind: every[kind] for kind in kinds_of(spec)}


def _of_endpoint(spec: ModelSpec) -> dict[AlarmKind, ModelWatch]:
    endpoint = spec.monitoring.endpoint
    return {
        AlarmKind.ERRORS: ModelWatch(
            says=f"More than {endpoint.maximum_errors:.3g} of the requests fail on our side.",
            metrics=("Errors",),
            statistic="Average",  # one value a request, 0 or 1: the share that failed
            threshold=endpoint.maximum_errors,
            missing=_QUIET,
            periods=5,
            of_them=3,
        ),
        AlarmKind.RECURRING_ERRORS: ModelWatch(
            says=f"In each of {SLOW_HOURS} hours more than {endpoint.maximum_errors:.3g} of the "
            f"requests failed on our side, {endpoint.minimum_failures} at least.",
            metrics=("Errors",),
            statistic="Average",
            threshold=endpoint.maximum_errors,
            missing=_QUIET,
            period=_HOUR,
            # A hiccup that two hours share is none of three.
            periods=SLOW_HOURS,
            of_them=SLOW_HOURS,
            least=endpoint.minimum_failures,
        ),
        AlarmKind.LATENCY: ModelWatch(
            says="One request in a hundred takes longer than "
            f"{endpoint.maximum_latency_ms:g} milliseconds.",
            metrics=("LatencyMs",),
            statistic="p99",
            threshold=endpoint.maximum_latency_ms,
            missing=_QUIET,
            periods=5,
            of_them=5,
        ),
        AlarmKind.BAD_ARTIFACT: ModelWatch(
            says="A version in service cannot be loaded.",
            metrics=("LoadFailures",),
            statistic="Sum",
            threshold=0,
            missing=_QUIET,
            periods=5,
            of_them=2,
        ),
    }


def _of_reports() -> dict[AlarmKind, ModelWatch]:
    return {
        AlarmKind.QUALITY: _verdict(
            "The data in service is not in order.", "DataQuality", tells=True
        ),
        AlarmKind.DRIFT: _verdict("The data in service has drifted.", "Drift"),
        AlarmKind.CONCEPT_DRIFT: _verdict("The errors of the predictions grow.", "ConceptDrift"),
        AlarmKind.BELOW_FLOOR: _verdict("Performance is below its floor.", "BelowFloor"),
        AlarmKind.COLLAPSED: _verdict("Performance has collapsed.", "Collapsed"),
        AlarmKind.BELOW_PREVIOUS: _verdict(
            "Performance is below that of the version before.", "BelowPrevious"
        ),
        AlarmKind.STALE: _verdict(
            "The data or the version in service is too old.", "StaleData", "StaleModel"
        ),
        AlarmKind.OVER_BUDGET: _verdict(
            "The model costs more than its budget.", "OverBudget", tells=True
        ),
    }


def _verdict(says: str, *metrics: str, tells: bool = False) -> ModelWatch:
    return ModelWatch(
        says=says, metrics=metrics, statistic="Maximum", threshold=0, missing=_KEPT, tells=tells
    )


def _silent(spec: ModelSpec) -> ModelWatch:
    """No report for two rounds and a half, as far as CloudWatch looks back: a week.

    Silence is no value out of bounds but the lack of any, and told as such: so it is told when
    reports stop, and not of a deployment that has not made its first one.
    """
    wanted = _ROUNDS * seconds(spec.monitoring.every)
    period = 5 * _MINUTE if wanted <= _DAY else _HOUR
    periods = min(math.ceil(wanted / period), _WEEK // period)
    return ModelWatch(
        says="No monitoring report was made in time.",
        metrics=("Reports",),
        statistic="Sum",
        threshold=1,
        missing=_TOLD,
        below=True,
        period=period,
        periods=max(periods, 2),
        of_them=max(periods, 2),
        tells=True,
    )
