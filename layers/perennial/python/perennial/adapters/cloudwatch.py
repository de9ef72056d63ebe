"""Metrics of the endpoint, read from CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from perennial.adapters.aws import client, translated

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

NAMESPACE = "Perennial"
_MINUTE = 60  # seconds, the finest that metrics of log lines are kept in
# CloudWatch keeps periods of a minute for 15 days, of five for 63 days, of an hour for 455 days.
_KEPT = ((timedelta(days=15), 60), (timedelta(days=63), 300))
_HOUR = 3600


class CloudWatchMetrics:
    """Sums of metrics by model and version."""

    def __init__(self, cloudwatch: CloudWatchClient | None = None) -> None:
        """Args: cloudwatch: a client; by default the process's own."""
        made: Any = cloudwatch if cloudwatch is not None else client("cloudwatch")
        self._cloudwatch = made

    def sums(
        self,
        names: tuple[str, ...],
        dimensions: Mapping[str, str],
        start: datetime,
        end: datetime,
    ) -> dict[str, float]:
        """The sum of each metric between two moments; 0 where nothing was counted.

        Args:
            names: of the metrics.
            dimensions: by name.
            start: UTC; its period counts as a whole.
            end: UTC; its minute counts as a whole.

        Raises:
            Unavailable: CloudWatch does not answer.
        """
        queries = [
            {
                "Id": f"m{place}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": NAMESPACE,
                        "MetricName": name,
                        "Dimensions": [
                            {"Name": key, "Value": value} for key, value in dimensions.items()
                        ],
                    },
                    "Period": _period(start, end),
                    "Stat": "Sum",
                },
                "ReturnData": True,
            }
            for place, name in enumerate(names)
        ]
        found = dict.fromkeys(names, 0.0)
        asked: dict[str, Any] = {
            "MetricDataQueries": queries,
            "StartTime": start,
            "EndTime": end.replace(second=0, microsecond=0) + timedelta(minutes=1),
        }
        while True:
            with translated("CloudWatch", "reading metrics"):
                answer = self._cloudwatch.get_metric_data(**asked)
            for result in answer["MetricDataResults"]:
                found[names[int(result["Id"][1:])]] += sum(result["Values"])
            if not answer.get("NextToken"):
                return found
            asked["NextToken"] = answer["NextToken"]


def _period(start: datetime, end: datetime) -> int:
    """Seconds of a period that is still kept for the start."""
    for age, period in _KEPT:
        if end - start < age:
            return period
    return _HOUR
