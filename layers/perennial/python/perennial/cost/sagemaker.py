"""The same load on SageMaker, at its list prices: what runs all month, and what does not."""

from __future__ import annotations

import math
from collections.abc import Iterator

from perennial.cost import prices
from perennial.cost.bill import Bill, Line, bill, line
from perennial.cost.load import Built, Load

SERVERLESS_GIB = 2.0  # what the usual scikit-learn and XGBoost image needs
MONITOR_MINUTES = 10  # of a Model Monitor job, its start included


def real_time(load: Load, parts: Built) -> Bill:
    """One endpoint of one ml.m5.large for each model, all month."""
    hours = prices.HOURS * parts.models
    return bill(
        [
            line("Endpoints", hours, "ml.m5.large hours", prices.SAGEMAKER_HOST_HOUR),
            *_besides(load, parts),
        ]
    )


def serverless(load: Load, parts: Built) -> Bill:
    """Serverless endpoints of 2 GiB that answer as quickly as ours; cold starts left out."""
    seconds = load.requests * math.ceil(load.milliseconds) / 1000 * SERVERLESS_GIB
    return bill(
        [
            line("Endpoints", seconds, "GiB seconds", prices.SAGEMAKER_SERVERLESS_GIB_SECOND),
            *_besides(load, parts),
        ]
    )


def _besides(load: Load, parts: Built) -> Iterator[Line]:
    """Training, monitoring and storage; no gateway, keys, quotas, alarms or dashboards."""
    hours = load.trainings * parts.models * load.training_minutes / 60
    yield line("Training", hours, "ml.m5.xlarge hours", prices.SAGEMAKER_TRAIN_HOUR)
    monitored = load.reports * parts.models * MONITOR_MINUTES / 60
    yield line("Monitoring", monitored, "ml.m5.xlarge hours", prices.SAGEMAKER_PROCESSING_HOUR)
    yield line("Storage", load.storage_gb, "GB", prices.OBJECT_GB)
