"""Sums of metrics are read from CloudWatch, page by page, in periods that are still kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from perennial.adapters.cloudwatch import CloudWatchMetrics
from perennial.errors import Unavailable

START = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
END = datetime(2026, 11, 21, 14, 40, 20, tzinfo=UTC)
NAMES = ("Requests", "Errors")
BY = {"model": "bank", "version": "2"}


class CloudWatch:
    """A client whose answers are set beforehand."""

    def __init__(self) -> None:
        self.client = boto3.client(
            "cloudwatch",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self.stub = Stubber(self.client)
        self.stub.activate()

    def answers(self, values: dict[str, list[float]], token: str | None = None) -> None:
        results = [{"Id": name, "Values": found} for name, found in values.items()]
        answer: dict[str, Any] = {"MetricDataResults": results}
        self.stub.add_response("get_metric_data", answer | ({"NextToken": token} if token else {}))

    def sums(self, start: datetime = START) -> dict[str, float]:
        return CloudWatchMetrics(self.client).sums(NAMES, BY, start, END)


@pytest.fixture
def cloudwatch() -> Iterator[CloudWatch]:
    made = CloudWatch()
    yield made
    made.stub.assert_no_pending_responses()


def test_values_are_summed_over_all_pages(cloudwatch: CloudWatch) -> None:
    cloudwatch.answers({"m0": [10.0, 5.0], "m1": [1.0]}, token="more")
    cloudwatch.answers({"m0": [2.0], "m1": []})
    assert cloudwatch.sums() == {"Requests": 17.0, "Errors": 1.0}


def test_a_metric_nobody_wrote_is_nothing(cloudwatch: CloudWatch) -> None:
    cloudwatch.answers({"m0": [], "m1": []})
    assert cloudwatch.sums() == {"Requests": 0.0, "Errors": 0.0}


def asked(cloudwatch: CloudWatch, start: datetime) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    cloudwatch.client.meta.events.register(
        "provide-client-params.cloudwatch.GetMetricData", lambda params, **_: seen.update(params)
    )
    cloudwatch.answers({"m0": [], "m1": []})
    cloudwatch.sums(start)
    return seen


def test_metrics_are_asked_by_model_and_version_up_to_the_end_of_the_minute(
    cloudwatch: CloudWatch,
) -> None:
    seen = asked(cloudwatch, START)
    assert seen["EndTime"] == datetime(2026, 11, 21, 14, 41, tzinfo=UTC)
    metric = seen["MetricDataQueries"][0]["MetricStat"]
    assert metric["Metric"] == {
        "Namespace": "Perennial",
        "MetricName": "Requests",
        "Dimensions": [{"Name": "model", "Value": "bank"}, {"Name": "version", "Value": "2"}],
    }
    assert (metric["Stat"], metric["Period"]) == ("Sum", 60)


@pytest.mark.parametrize(("days", "period"), [(1, 60), (20, 300), (70, 3600)])
def test_periods_are_those_that_cloudwatch_still_keeps(
    cloudwatch: CloudWatch, days: int, period: int
) -> None:
    seen = asked(cloudwatch, END - timedelta(days=days))
    assert {one["MetricStat"]["Period"] for one in seen["MetricDataQueries"]} == {period}


def test_a_service_that_throttles_may_be_asked_again(cloudwatch: CloudWatch) -> None:
    expected = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY}
    cloudwatch.stub.add_client_error("get_metric_data", "Throttling", expected_params=expected)
    with pytest.raises(Unavailable):
        cloudwatch.sums()
