"""What a deployment costs a month under a load, beside what it costs at rest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perennial.cost import prices
from perennial.cost.bill import Bill, Line, bill, line

CAPTURE_REQUESTS = 1.2  # of a queue per answer: one sent, its share of being received and deleted
CAPTURE_FILES = 43_200  # a month at most: one a minute
CAPTURED_BYTES = 60  # of a row of twenty columns, in Parquet
LOGGED_BYTES = 700  # of a request
METRICS = 6  # of a model that is asked
REPORT_METRICS = 19  # of a model that is looked at, for the hour it happens in
REPORT_SECONDS = 5.0
RUN_STATES, RUN_CALLS, RUN_FUNCTION_SECONDS = 12, 8, 20.0
RUN_WRITES, RUN_READS, RUN_OBJECTS = 40, 40, 25  # of the table; files


@dataclass(frozen=True, slots=True)
class Load:
    """A month of use."""

    requests: float = 1_000_000  # through the endpoint, of all models
    rows: float = 1  # in a request
    milliseconds: float = 2  # a request takes the predict function
    trainings: float = 4  # of each model
    training_minutes: float = 5  # of the job, from its start
    reports: float = 30  # of each model
    storage_gb: float = 5  # datasets, captures, artifacts


@dataclass(frozen=True, slots=True)
class Built:
    """What a load meets: sizes, read off the templates."""

    models: int
    predict_gib: float
    monitor_gib: float
    step_gib: float  # the function that evaluates, and the one that validates
    train_vcpus: float
    train_gib: float


def built(templates: Sequence[Mapping[str, Any]], models: int) -> Built:
    """The sizes of a deployment's parts.

    Raises:
        KeyError: the templates are not those of a deployment.
    """
    resources = [one for template in templates for one in template.get("Resources", {}).values()]
    memory = {
        str(one["Properties"].get("FunctionName", "")).rpartition("-")[2]: one["Properties"].get(
            "MemorySize", 128
        )
        / 1024
        for one in resources
        if one["Type"] == "AWS::Lambda::Function"
    }
    jobs = [one["Properties"] for one in resources if one["Type"] == "AWS::Batch::JobDefinition"]
    if not jobs:
        raise KeyError("AWS::Batch::JobDefinition")
    needs = {
        one["Type"]: float(one["Value"])
        for one in jobs[0]["ContainerProperties"]["ResourceRequirements"]
    }
    return Built(
        models=models,
        predict_gib=memory["predict"],
        monitor_gib=memory["monitor"],
        step_gib=memory["evaluate"],
        train_vcpus=needs["VCPU"],
        train_gib=needs["MEMORY"] / 1024,
    )


def under_load(load: Load, parts: Built) -> Bill:
    """What is paid for use, in a month."""
    return bill(
        [
            *_endpoint(load, parts),
            *_captures(load),
            *_trainings(load, parts),
            *_reports(load, parts),
            line("Storage", load.storage_gb, "GB", prices.OBJECT_GB),
            line("The image of the training job", 0.7, "GB", prices.IMAGE_GB),
        ]
    )


def _endpoint(load: Load, parts: Built) -> Iterator[Line]:
    yield line("API Gateway", load.requests, "requests", prices.API_REQUEST)
    yield line("predict, calls", load.requests, "calls", prices.FUNCTION_REQUEST)
    seconds = load.requests * math.ceil(load.milliseconds) / 1000 * parts.predict_gib
    yield line("predict, time", seconds, "GiB seconds", prices.FUNCTION_GIB_SECOND)
    yield line("Logs", load.requests * LOGGED_BYTES / 1e9, "GB", prices.LOG_GB)
    asked = parts.models if load.requests else 0
    yield line("Metrics of requests", METRICS * asked, "metrics", prices.METRIC)


def _captures(load: Load) -> Iterator[Line]:
    yield line(
        "Captures, queue", CAPTURE_REQUESTS * load.requests, "requests", prices.QUEUE_REQUEST
    )
    yield line("Captures, files", min(CAPTURE_FILES, load.requests), "files", prices.OBJECT_WRITE)
    stored = load.requests * load.rows * CAPTURED_BYTES / 1e9
    yield line("Captures, a month kept", stored, "GB", prices.OBJECT_GB)


def _trainings(load: Load, parts: Built) -> Iterator[Line]:
    runs = load.trainings * parts.models
    job = max(60 * load.training_minutes, prices.TRAINING_LEAST_SECONDS) * runs
    yield line("Training, processors", job * parts.train_vcpus, "vCPU seconds",
               prices.TRAINING_VCPU_SECOND)  # fmt: skip
    yield line("Training, memory", job * parts.train_gib, "GiB seconds",
               prices.TRAINING_GIB_SECOND)  # fmt: skip
    yield line("Training, addresses", job, "seconds", prices.PUBLIC_ADDRESS_SECOND)
    steps = runs * RUN_FUNCTION_SECONDS * parts.step_gib
    yield line("Training, functions", steps, "GiB seconds", prices.FUNCTION_GIB_SECOND)
    yield line("Training, calls", runs * RUN_CALLS, "calls", prices.FUNCTION_REQUEST)
    yield line("Training, workflow", runs * RUN_STATES, "states", prices.TRANSITION)
    yield line("Training, records", runs * RUN_WRITES, "writes", prices.TABLE_WRITE)
    yield line("Training, records read", runs * RUN_READS, "reads", prices.TABLE_READ)
    yield line("Training, files", runs * RUN_OBJECTS, "files", prices.OBJECT_WRITE)


def _reports(load: Load, parts: Built) -> Iterator[Line]:
    reports = load.reports * parts.models
    seconds = reports * REPORT_SECONDS * parts.monitor_gib
    yield line("Reports, time", seconds, "GiB seconds", prices.FUNCTION_GIB_SECOND)
    yield line("Reports, workflow", 2 * reports, "states", prices.TRANSITION)
    yield line("Reports, schedules", reports, "calls", prices.SCHEDULED_CALL)
    hours = min(load.reports, prices.HOURS) / prices.HOURS
    yield line("Metrics of reports", REPORT_METRICS * parts.models * hours, "metrics",
               prices.METRIC)  # fmt: skip
