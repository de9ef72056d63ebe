"""Logs and metrics of the functions, set up in one place.

A line is a constant message with fields, JSON, and bears the run or request it belongs to. A
metric is a line in CloudWatch's embedded metric format, in the namespace `Perennial`. Neither
ever holds the value of a feature.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from perennial.errors import PerennialError, Unforeseen, frames, origin

# Errors whose text is ours or names a call, and so never a value of a feature.
TELLABLE = (PerennialError, BotoCoreError, ClientError)
NAMESPACE = "Perennial"

Handler = Callable[[dict[str, Any], Any], Any]


def _service() -> str:
    return os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "perennial")


logger = Logger(service=_service(), log_uncaught_exceptions=False)


def count(name: str, value: float = 1, **dimensions: str) -> None:
    """Add to a counter. Dimensions name something there are few of: a model, a status."""
    _emit(name, MetricUnit.Count, value, dimensions)


def measure_seconds(name: str, value: float, **dimensions: str) -> None:
    """Note how long something took, in seconds."""
    _emit(name, MetricUnit.Seconds, value, dimensions)


def gauges(values: Mapping[str, float], **dimensions: str) -> None:
    """Note several numbers at once, in one line. Dimensions as for `count`."""
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    for dimension, of in dimensions.items():
        metrics.add_dimension(name=dimension, value=of)
    for name, value in values.items():
        metrics.add_metric(name=name, unit=MetricUnit.NoUnit, value=value)
    if values:
        metrics.flush_metrics()


def _emit(name: str, unit: MetricUnit, value: float, dimensions: dict[str, str]) -> None:
    with single_metric(name=name, unit=unit, value=value, namespace=NAMESPACE) as metric:
        for dimension, of in dimensions.items():
            metric.add_dimension(name=dimension, value=of)


def observed(handler: Handler) -> Handler:
    """Give every line of a call its request id, run and model, and log how the call failed.

    The run and the model are taken from the top level of the event, where the workflow puts
    them; a handler that finds them elsewhere calls `about`.

    Raises:
        Unforeseen: in place of an error whose text may hold values of features.
    """

    @wraps(handler)
    def wrapper(event: dict[str, Any], context: Any) -> Any:
        logger.clear_state()
        logger.append_keys(request_id=getattr(context, "aws_request_id", None))
        about(model=event.get("model"), run_id=event.get("run_id"))
        try:
            return handler(event, context)
        except TELLABLE as error:
            log_error("call failed", error)
            raise
        except Exception as error:
            log_error("call failed", error)
            raise Unforeseen(origin(error)) from None

    return wrapper


def log_error(message: str, error: Exception) -> None:
    """Log an error with where it came from; in its own words only where those hold no value.

    What caused it is left out: a parser's own words hold the row it stumbled over.
    """
    told: dict[str, Any] = {"exception_name": type(error).__name__, "frames": frames(error)}
    if isinstance(error, TELLABLE):
        told["reason"] = str(error)
    logger.error(message, **told)


def about(*, model: object, run_id: object) -> None:
    """Say which model and run the lines that follow belong to; None leaves a field out."""
    fields = {"model": model, "run_id": run_id}
    logger.append_keys(**{name: of for name, of in fields.items() if of is not None})
