"""Which alarms a model has, and what they are called."""

from __future__ import annotations

import pytest
from perennial.automation.kinds import (
    CAUSES,
    HARMS,
    VERDICTS,
    AlarmKind,
    alarm_name,
    clashes,
    composites_of,
    kinds_of,
    model_of,
    names,
)
from perennial.automation.words import SAYS

from tests.unit.automation.scene import a_spec

ENDPOINT = {
    AlarmKind.ERRORS,
    AlarmKind.RECURRING_ERRORS,
    AlarmKind.LATENCY,
    AlarmKind.BAD_ARTIFACT,
}
ALWAYS = {
    *ENDPOINT,
    AlarmKind.QUALITY,
    AlarmKind.DRIFT,
    AlarmKind.CONCEPT_DRIFT,
    AlarmKind.BELOW_PREVIOUS,
    AlarmKind.SILENT,
}


def test_a_plain_spec_has_the_alarms_that_need_no_bound() -> None:
    assert set(kinds_of(a_spec())) == ALWAYS


@pytest.mark.parametrize(
    ("monitoring", "kind"),
    [
        ({"performance": {"metric": "log_loss", "floor": 0.5}}, AlarmKind.BELOW_FLOOR),
        ({"performance": {"metric": "log_loss", "collapse": 1.5}}, AlarmKind.COLLAPSED),
        ({"maximum_silence": "1d"}, AlarmKind.STALE),
        ({"maximum_age": "90d"}, AlarmKind.STALE),
        ({"maximum_dollars": 5}, AlarmKind.OVER_BUDGET),
    ],
)
def test_a_bound_of_the_spec_brings_its_alarm(
    monitoring: dict[str, object], kind: AlarmKind
) -> None:
    assert set(kinds_of(a_spec(monitoring=monitoring))) == ALWAYS | {kind}


def test_without_monitoring_the_endpoint_is_watched_still() -> None:
    spec = a_spec(monitoring={"enabled": False})
    assert set(kinds_of(spec)) == ENDPOINT
    assert composites_of(spec) == ("harmful",)


def test_reports_rarer_than_cloudwatch_looks_back_have_no_alarm_on_silence() -> None:
    spec = a_spec(monitoring={"every": "7d", "window": "7d"})
    assert AlarmKind.SILENT not in kinds_of(spec)


def test_every_kind_leads_to_one_thing_at_most_and_has_words() -> None:
    assert not set(HARMS) & set(CAUSES)
    assert set(SAYS) == set(AlarmKind)
    assert set(VERDICTS) == set(AlarmKind) - {*ENDPOINT, AlarmKind.SILENT}


def test_an_alarm_belongs_to_its_model_and_to_no_other() -> None:
    models = ("bank", "bank-marketing")
    for model in models:
        for name in names("p", model):
            assert model_of(name, "p", models) == model
    assert model_of("p-training-failed", "p", models) is None


def test_two_alarms_of_one_name_are_found_before_anything_is_deployed() -> None:
    assert [*clashes("p", ["bank", "bank-marketing"], ["p-training-failed"])] == []
    told = [*clashes("p", ["bank", "bank-concept"], [])]
    assert told == ["bank-concept and bank would both have an alarm named p-bank-concept-drift"]
    taken = alarm_name("p", "predict", AlarmKind.ERRORS)
    assert [*clashes("p", ["predict"], [taken])] == [
        f"predict and the deployment would both have an alarm named {taken}"
    ]
