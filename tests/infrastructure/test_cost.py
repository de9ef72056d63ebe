"""What a deployment costs at rest is read off its templates, all of them."""

from __future__ import annotations

import pytest
from perennial.cost import prices
from perennial.cost.at_rest import at_rest
from perennial.cost.load import Load, built, under_load

from tests.infrastructure.templates import Synthesized


def monthly(found: Synthesized) -> dict[str, float]:
    bill = at_rest(list(found.templates.values())).bill
    return {line.what: line.dollars for line in bill.lines}


@pytest.mark.parametrize("deployment", ["cloud", "full", "other"])
def test_every_type_of_resource_is_priced_or_known_to_be_free(
    deployment: str, request: pytest.FixtureRequest
) -> None:
    found: Synthesized = request.getfixturevalue(deployment)
    assert at_rest(list(found.templates.values())).unpriced == ()


def test_alarms_and_dashboards_are_counted(cloud: Synthesized) -> None:
    found = monthly(cloud)
    dashboards = len(list(cloud.resources("AWS::CloudWatch::Dashboard")))
    alarms = len(list(cloud.resources("AWS::CloudWatch::Alarm")))
    assert found["Dashboards"] == pytest.approx(3 * dashboards)
    assert round(found["Alarms"], 6) >= round(0.1 * alarms, 6)
    assert "Functions kept warm" not in found


def test_what_is_kept_warm_costs_at_rest(full: Synthesized) -> None:
    memory = full.functions()["predict"]["MemorySize"] / 1024
    expected = 3 * memory * prices.MONTH_SECONDS * prices.PROVISIONED_GIB_SECOND
    assert monthly(full)["Functions kept warm"] == pytest.approx(expected)
    assert monthly(full)["Firewall"] == 5


def test_a_private_network_pays_for_its_endpoints_by_the_hour(strict: Synthesized) -> None:
    found = monthly(strict)
    assert found["Interface endpoints"] > 10
    assert found["Streams"] == pytest.approx(2 * 730 * 0.04)


def test_the_sizes_a_load_meets_are_those_of_the_templates(cloud: Synthesized) -> None:
    parts = built(list(cloud.templates.values()), models=6)
    assert (parts.train_vcpus, parts.train_gib) == (4, 16)
    assert parts.predict_gib == cloud.functions()["predict"]["MemorySize"] / 1024
    twice = under_load(Load(requests=2e6), parts).dollars
    once = under_load(Load(requests=1e6), parts).dollars
    nothing = under_load(Load(requests=0), parts).dollars
    assert nothing < once < twice
