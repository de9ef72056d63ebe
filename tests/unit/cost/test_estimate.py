"""An estimate: what is paid for at rest, for use, and for the same on SageMaker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from perennial.cost.at_rest import at_rest
from perennial.cost.load import Built, Load, built, under_load
from perennial.cost.sagemaker import real_time, serverless

PARTS = Built(
    models=2, predict_gib=1.0, monitor_gib=2.0, step_gib=3.0, train_vcpus=4.0, train_gib=16.0
)
NOTHING = Load(requests=0, trainings=0, reports=0, storage_gb=0)


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": resources}


def test_an_alarm_that_computes_pays_for_each_metric() -> None:
    metrics = [{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "m1 / m2"}]
    one = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}}
    two = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": metrics}}
    assert at_rest([template(a=one), template(b=two)]).bill.dollars == pytest.approx(0.3)


def test_what_the_table_does_not_know_is_named() -> None:
    found = at_rest([template(a={"Type": "AWS::Redshift::Cluster"})])
    assert found.unpriced == ("AWS::Redshift::Cluster",)
    assert found.bill.lines == ()


def test_gateway_endpoints_are_free_and_interfaces_are_not() -> None:
    kind = "AWS::EC2::VPCEndpoint"
    gateway = {"Type": kind, "Properties": {"VpcEndpointType": "Gateway"}}
    interface = {
        "Type": kind,
        "Properties": {"VpcEndpointType": "Interface", "SubnetIds": ["a", "b"]},
    }
    assert at_rest([template(a=gateway)]).bill.dollars == 0
    assert at_rest([template(a=interface)]).bill.dollars == pytest.approx(2 * 730 * 0.01)


def test_templates_of_something_else_have_no_sizes() -> None:
    with pytest.raises(KeyError):
        built([template(a={"Type": "AWS::S3::Bucket"})], models=1)


def test_a_million_requests_cost_what_their_parts_cost() -> None:
    found = under_load(replace(NOTHING, requests=1e6, milliseconds=2), PARTS)
    amounts = {line.what: line.dollars for line in found.lines}
    assert amounts["API Gateway"] == pytest.approx(3.5)
    assert amounts["predict, time"] == pytest.approx(2000 * 13.3334e-6)
    assert amounts["Metrics of requests"] == pytest.approx(6 * 2 * 0.3)


def test_time_is_billed_in_whole_milliseconds() -> None:
    short, whole = (
        under_load(replace(NOTHING, requests=1e6, milliseconds=ms), PARTS).dollars
        for ms in (1.2, 2.0)
    )
    assert short == whole


def test_without_use_only_the_image_is_paid_for() -> None:
    assert [line.what for line in under_load(NOTHING, PARTS).lines] == [
        "The image of the training job"
    ]


def test_an_instance_costs_all_month_and_serverless_does_not() -> None:
    assert real_time(NOTHING, PARTS).dollars == pytest.approx(2 * 730 * 0.115)
    assert serverless(NOTHING, PARTS).dollars == 0


def test_a_busy_endpoint_is_cheaper_on_an_instance() -> None:
    """The estimate does not flatter: at some load an instance wins, and it says so."""
    busy = replace(NOTHING, requests=1e9)
    assert real_time(busy, PARTS).dollars < under_load(busy, PARTS).dollars
