"""What the alarms watch. An account has ten for nothing: each must earn its place.

There is none for every function. One that the workflow calls fails the run, which is watched; an
event that `trigger` or `conclude` could not work off ends in a queue, which is; and when `manage`,
`control` or `predict_pipeline` fails, so does the request, the run or the file it was asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.constructs.code_release import ALIAS
from stacks.constructs.inference_api import STAGE
from stacks.constructs.model_alarms import Watch

_LATENCY_MS = 1000.0
_ERROR_SHARE = 0.01
_BEHIND_MS = 300_000.0
_ROUNDS = 2.5  # of audits that may be missed before it is told


def of_training(machine_arn: str, queue_name: str, uploads_missed: str) -> dict[str, Watch]:
    """Runs that ended badly, and events and uploads that were lost."""
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
            says="The end of a run was not worked off.",
            anchor="events-missed",
        ),
        "uploads-missed": Watch(
            metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
            dimensions={"QueueName": uploads_missed},
            statistic="Maximum",
            above=0,
            says="An upload was not worked off.",
            anchor="uploads-missed",
        ),
    }


def of_scoring(machine_arn: str, queue_name: str) -> dict[str, Watch]:
    """Files whose scoring broke, and uploads that were lost."""
    return {
        "scoring-failed": Watch(
            metric=("AWS/States", "ExecutionsFailed"),
            dimensions={"StateMachineArn": machine_arn},
            statistic="Sum",
            above=0,
            says="The scoring of a file failed.",
            anchor="scoring-failed",
        ),
        "scorings-missed": Watch(
            metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
            dimensions={"QueueName": queue_name},
            statistic="Maximum",
            above=0,
            says="A file to score, or the end of a scoring, was not worked off.",
            anchor="scorings-missed",
        ),
    }


def of_serving(api_name: str, predict_name: str) -> dict[str, Watch]:
    """Predictions that fail or are slow; each of them also takes a release of code back."""
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
        "predict-failed": Watch(
            metric=("AWS/Lambda", "Errors"),
            dimensions={"FunctionName": predict_name, "Resource": f"{predict_name}:{ALIAS}"},
            statistic="Sum",
            above=0,
            says="The function predict raised an error, ran out of memory or of time.",
            anchor="function-failed",
        ),
    }


def of_versions(predict_name: str) -> dict[str, Watch]:
    """Versions that cannot be loaded, and requests that were refused to run."""
    return {
        "load-failures": Watch(
            metric=("Perennial", "LoadFailures"),
            dimensions={},
            statistic="Sum",
            above=0,
            says="A version in service could not be loaded; an older one answers, or none.",
            anchor="load-failures",
        ),
        "predict-throttled": Watch(
            metric=("AWS/Lambda", "Throttles"),
            dimensions={"FunctionName": predict_name},
            statistic="Sum",
            above=0,
            says="The function predict was refused to run.",
            anchor="function-throttled",
        ),
    }


def of_capture(queue_name: str) -> dict[str, Watch]:
    """Captured predictions that got lost on the way out, or could not be written."""
    return {
        "capture-failures": Watch(
            metric=("Perennial", "CaptureFailures"),
            dimensions={},
            statistic="Sum",
            above=0,
            says="Predictions were answered and could not be captured.",
            anchor="capture-failures",
        ),
        "captures-missed": Watch(
            metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
            dimensions={"QueueName": queue_name},
            statistic="Maximum",
            above=0,
            says="Captured predictions could not be written.",
            anchor="captures-missed",
        ),
    }


def of_outcomes(queue_name: str) -> dict[str, Watch]:
    """Outcomes that were taken and could not be written."""
    return {
        "outcomes-missed": Watch(
            metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
            dimensions={"QueueName": queue_name},
            statistic="Maximum",
            above=0,
            says="Outcomes could not be written.",
            anchor="outcomes-missed",
        ),
    }


def of_streaming(function_name: str, queue_name: str) -> dict[str, Watch]:
    """A stream that is not answered in time, and records that are not answered at all."""
    return {
        "stream-behind": Watch(
            metric=("AWS/Lambda", "IteratorAge"),
            dimensions={"FunctionName": function_name},
            statistic="Maximum",
            above=_BEHIND_MS,
            says="Rows wait in their stream for more than five minutes.",
            anchor="stream-behind",
            periods=3,
            of_them=2,
        ),
        "rows-missed": Watch(
            metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
            dimensions={"QueueName": queue_name},
            statistic="Maximum",
            above=0,
            says="Rows of the stream could not be answered.",
            anchor="rows-missed",
        ),
    }


def of_watching(machines: Mapping[str, str], queue_name: str) -> dict[str, Watch]:
    """Workflows that watch models and act on alarms, where they broke; and what was not acted on.

    Args:
        machines: the ARN of each, by the second word of its name.
        queue_name: of what was not acted on.
    """
    broken = {
        f"{name}-broken": Watch(
            metric=("AWS/States", "ExecutionsFailed"),
            dimensions={"StateMachineArn": arn},
            statistic="Sum",
            above=0,
            says=f"The workflow {name} broke off.",
            anchor="workflow-broken",
        )
        for name, arn in machines.items()
    }
    missed = Watch(
        metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        dimensions={"QueueName": queue_name},
        statistic="Maximum",
        above=0,
        says="An alarm of a model was not acted on.",
        anchor="actions-missed",
    )
    return {**broken, "actions-missed": missed}


def of_auditing(hours: int) -> dict[str, Watch]:
    """What audits found, and audits that were not made, or not to their end.

    A verdict stands until the next audit. Silence is told where audits stop, and not of a
    deployment that has not made its first one.

    Args:
        hours: from one audit to the next.
    """
    return {
        "history-tampered": Watch(
            metric=("Perennial", "AuditFindings"),
            dimensions={},
            statistic="Maximum",
            above=0,
            says="A history, a version or a route is not as it was written.",
            anchor="history-tampered",
            missing=cloudwatch.TreatMissingData.IGNORE,
        ),
        "history-unaudited": Watch(
            metric=("Perennial", "AuditsUnfinished"),
            dimensions={},
            statistic="Maximum",
            above=0,
            says="Histories were not audited in time, or not to their end.",
            anchor="history-unaudited",
            minutes=60,
            periods=math.ceil(_ROUNDS * hours),
            missing=cloudwatch.TreatMissingData.MISSING,
        ),
    }
