"""What the alarms watch. An account has ten for nothing, and there are ten: each must earn it."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.constructs.inference_api import STAGE
from stacks.constructs.model_alarms import Watch

_LATENCY_MS = 1000.0
_ERROR_SHARE = 0.01


def of_training(machine_arn: str, queue_name: str) -> dict[str, Watch]:
    """Runs that ended badly, and events that were lost."""
    machine = {"StateMachineArn": machine_arn}
    return {
        "training-failed": Watch(
            metric=("AWS/States", "ExecutionsFailed"),
            dimensions=machine,
            statistic="Sum",
            above=0,
            says="A training run failed.",
            anchor="training-failed",
        ),
        "training-timed-out": Watch(
            metric=("AWS/States", "ExecutionsTimedOut"),
            dimensions=machine,
            statistic="Sum",
            above=0,
            says="A training run took too long and was given up.",
            anchor="training-timed-out",
        ),
        "events-missed": Watch(
            metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
            dimensions={"QueueName": queue_name},
            statistic="Maximum",
            above=0,
            says="An upload or the end of a run was not worked off.",
            anchor="events-missed",
        ),
    }


def of_serving(api_name: str) -> dict[str, Watch]:
    """Predictions that fail or are slow."""
    stage = {"ApiName": api_name, "Stage": STAGE}
    return {
        "predict-errors": Watch(
            metric=("AWS/ApiGateway", "5XXError"),
            dimensions=stage,
            statistic="Average",  # of this metric: the share of all requests
            above=_ERROR_SHARE,
            says="More than 1 % of the requests failed on our side.",
            anchor="predict-errors",
            periods=3,
            of_them=2,
        ),
        "predict-latency": Watch(
            metric=("AWS/ApiGateway", "Latency"),
            dimensions=stage,
            statistic="p99",
            above=_LATENCY_MS,
            says="One request in a hundred took longer than a second.",
            anchor="predict-latency",
            periods=5,
            of_them=3,
        ),
    }


def of_functions(names: Mapping[str, str]) -> dict[str, Watch]:
    """Functions that raise, and the one in every prediction's path that was refused to run.

    What the workflow calls is left out: when it fails for good, the run does, which is watched.

    Args:
        names: physical names of functions, by folder.
    """
    errors = {
        f"{function}-failed": _of_function(
            name, "Errors", f"The function {function} failed.", "function-failed"
        )
        for function, name in names.items()
    }
    throttled = _of_function(
        names["predict"],
        "Throttles",
        "The function predict was refused to run.",
        "function-throttled",
    )
    return {**errors, "predict-throttled": throttled}


def _of_function(name: str, metric: str, says: str, anchor: str) -> Watch:
    return Watch(
        metric=("AWS/Lambda", metric),
        dimensions={"FunctionName": name},
        statistic="Sum",
        above=0,
        says=says,
        anchor=anchor,
    )
