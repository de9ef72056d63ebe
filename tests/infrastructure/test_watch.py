"""What watches models: alarms, schedules, dashboards, and who may act on what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from perennial.automation.kinds import CAUSES, HARMS, AlarmKind, kinds_of
from perennial.errors import SpecError
from perennial.spec import ModelSpec, load_specs

from stacks.model_watches import watches_of
from stacks.watched_models import MOST, shards
from tests.infrastructure.conftest import synthesize
from tests.infrastructure.templates import ROOT, Resource, Synthesized, as_list
from tests.infrastructure.test_alarms import anchors

HUNDRED = 100
SPEC = """\
name: {name}
task: binary
target: y
positive_class: "1"
features:
  a: {{type: number}}
monitoring:
  maximum_silence: 2d
  maximum_age: 90d
  maximum_dollars: 20
  performance: {{metric: log_loss, floor: 0.5, collapse: 1.5}}
"""


def a_spec(**monitoring: Any) -> ModelSpec:
    return ModelSpec.model_validate(
        {
            "name": "m",
            "task": "binary",
            "target": "y",
            "positive_class": "1",
            "features": {"a": {"type": "number"}},
            "monitoring": monitoring,
        }
    )


def specs_of(folder: Path, *names: str) -> str:
    folder.mkdir()
    for name in names:
        (folder / f"{name}.yaml").write_text(SPEC.format(name=name))
    return str(folder)


@pytest.fixture(scope="module")
def hundred(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """A hundred models that have every alarm there is."""
    folder = tmp_path_factory.mktemp("hundred")
    names = [f"a-model-with-a-name-as-long-as-it-may-be-{n:03}" for n in range(HUNDRED)]
    models = specs_of(folder / "models", *names)
    return synthesize("cloud", folder, models=models, prefix="ATwentyLetterPrefixx")


def alarms_of(synthesized: Synthesized, model: str) -> dict[str, Resource]:
    """The alarms of a model, by what ends their names."""
    begin = f"perennial-{model}-"
    return {
        alarm["AlarmName"].removeprefix(begin): alarm
        for kind in ("Alarm", "CompositeAlarm")
        for _, alarm in synthesized.resources(f"AWS::CloudWatch::{kind}")
        if alarm["AlarmName"].startswith(begin)
    }


def test_each_model_has_the_alarms_of_its_spec(cloud: Synthesized) -> None:
    for name, spec in load_specs(ROOT / "models").items():
        assert set(alarms_of(cloud, name)) == {*kinds_of(spec), "degraded", "harmful"}


def test_every_kind_of_alarm_has_a_section_of_the_runbook() -> None:
    sections = anchors((ROOT / "docs" / "operations.md").read_text("utf-8"))
    assert {f"model-{end}" for end in (*AlarmKind, "degraded", "harmful")} <= sections


def test_what_leads_to_an_action_is_told_once(cloud: Synthesized) -> None:
    alarms = alarms_of(cloud, "bank-marketing")
    acting = {*HARMS, *CAUSES} & set(alarms)
    assert acting
    assert [end for end in acting if "AlarmActions" in alarms[end]] == []
    telling = {end for end in alarms if "AlarmActions" in alarms[end]}
    assert telling == {"degraded", "harmful", "quality", "silent"}


def test_bad_data_keeps_decay_from_being_told_as_such(cloud: Synthesized) -> None:
    rule = alarms_of(cloud, "bank-marketing")["degraded"]["AlarmRule"]
    assert rule.endswith(' AND NOT ALARM("perennial-bank-marketing-quality")')
    harmful = alarms_of(cloud, "bank-marketing")["harmful"]["AlarmRule"]
    assert "quality" not in harmful


def test_an_alarm_made_of_others_names_alarms_that_there_are(cloud: Synthesized) -> None:
    names = {alarm["AlarmName"] for _, alarm in cloud.resources("AWS::CloudWatch::Alarm")}
    for _, composite in cloud.resources("AWS::CloudWatch::CompositeAlarm"):
        named = set(re.findall(r'ALARM\("([^"]+)"\)', composite["AlarmRule"]))
        assert named
        assert named <= names


@pytest.mark.parametrize("kind", ["drift", "quality", "concept-drift", "below-previous"])
def test_a_verdict_stands_until_the_next_report(cloud: Synthesized, kind: str) -> None:
    assert alarms_of(cloud, "wine")[kind]["TreatMissingData"] == "ignore"


@pytest.mark.parametrize("kind", ["errors", "recurring-errors", "latency", "bad-artifact"])
def test_without_requests_the_endpoint_is_no_trouble(cloud: Synthesized, kind: str) -> None:
    alarm = alarms_of(cloud, "wine")[kind]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["DatapointsToAlarm"] > 1, "a single minute takes nothing back"


def test_reports_that_stop_are_told_and_ones_that_never_began_are_not(
    cloud: Synthesized,
) -> None:
    """No value at all is INSUFFICIENT_DATA, which an alarm that is new has from the start."""
    alarm = alarms_of(cloud, "wine")["silent"]
    assert alarm["TreatMissingData"] == "missing"
    assert len(alarm["InsufficientDataActions"]) == 1
    assert alarm["Period"] * alarm["EvaluationPeriods"] > 2 * 86_400


@pytest.mark.parametrize("every", ["1m", "9m", "1h", "9h", "1d", "3d", "6d"])
def test_silence_is_watched_as_far_as_cloudwatch_looks_back(every: str) -> None:
    """Up to a day with periods of less than an hour, else up to a week (PutMetricAlarm)."""
    watch = watches_of(a_spec(every=every, window="6d"))[AlarmKind.SILENT]
    assert watch.period * watch.periods <= (86_400 if watch.period < 3600 else 7 * 86_400)


def test_bounds_of_the_spec_are_bounds_of_the_alarms() -> None:
    bounds = {"maximum_errors": 0.2, "minimum_failures": 9, "maximum_latency_ms": 250}
    watches = watches_of(a_spec(endpoint=bounds))
    assert watches[AlarmKind.ERRORS].threshold == 0.2
    recurring = watches[AlarmKind.RECURRING_ERRORS]
    assert (recurring.threshold, recurring.least) == (0.2, 9)
    assert watches[AlarmKind.LATENCY].threshold == 250


def looks(synthesized: Synthesized) -> list[dict[str, Any]]:
    """The schedules that have a model looked at."""
    schedules = [each for _, each in synthesized.resources("AWS::Scheduler::Schedule")]
    return [each for each in schedules if "Input" in each["Target"]]


def test_the_ends_of_histories_are_written_down_again_and_again(cloud: Synthesized) -> None:
    anchoring = scheduled(cloud, "Anchor")
    assert anchoring["ScheduleExpression"] == "rate(15 minutes)"
    assert "DeadLetterConfig" in anchoring["Target"]


def test_histories_are_audited_every_day(cloud: Synthesized) -> None:
    auditing = scheduled(cloud, "Audit")
    assert auditing["ScheduleExpression"] == "rate(1440 minutes)"
    assert "DeadLetterConfig" in auditing["Target"]
    assert "DeadLetterConfig" in cloud.functions()["audit"]


def scheduled(synthesized: Synthesized, function: str) -> dict[str, Any]:
    """The schedule that calls a function of the watching stack."""
    (found,) = [
        each
        for _, each in synthesized.resources("AWS::Scheduler::Schedule")
        if json.dumps(each["Target"]["Arn"]).startswith(f'{{"Fn::GetAtt": ["{function}')
    ]
    return found


def test_tampering_and_audits_that_stop_are_told(full: Synthesized) -> None:
    """Of the longest time between two audits."""
    tampered, unaudited = (
        next(a for _, a in full.resources("AWS::CloudWatch::Alarm") if a["AlarmName"] == name)
        for name in ("perennial-history-tampered", "perennial-history-unaudited")
    )
    assert tampered["TreatMissingData"] == "ignore", "it stays on until an audit finds nothing"
    assert len(unaudited["InsufficientDataActions"]) == 1
    looked = unaudited["Period"] * unaudited["EvaluationPeriods"]
    assert 2 * 48 * 3600 < looked <= 7 * 86_400, "CloudWatch looks back a week at most"


def test_a_model_that_is_not_monitored_is_never_looked_at(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    text = SPEC.format(name="m").split("monitoring:")[0] + "monitoring: {enabled: false}\n"
    (tmp_path / "m" / "m.yaml").write_text(text)
    found = synthesize("cloud", tmp_path, models=str(tmp_path / "m"))
    assert looks(found) == []
    assert set(alarms_of(found, "m")) == {
        *("errors", "recurring-errors", "latency", "bad-artifact"),
        "harmful",
    }


def test_each_model_is_looked_at_as_often_as_its_spec_says(cloud: Synthesized) -> None:
    schedules = {json.loads(each["Target"]["Input"])["model"]: each for each in looks(cloud)}
    assert set(schedules) == set(load_specs(ROOT / "models"))
    assert schedules["wine"]["ScheduleExpression"] == "rate(1440 minutes)"
    assert "DeadLetterConfig" in schedules["wine"]["Target"]


def test_a_hundred_models_fit_into_stacks(hundred: Synthesized) -> None:
    for name, template in hundred.templates.items():
        assert len(template["Resources"]) <= 500, name
        size = (hundred.folder / f"{name}.template.json").stat().st_size
        assert size <= 1_000_000, name


def test_none_of_a_hundred_models_is_left_out_or_there_twice(hundred: Synthesized) -> None:
    schedules = looks(hundred)
    alarms = [alarm["AlarmName"] for _, alarm in hundred.resources("AWS::CloudWatch::Alarm")]
    boards = list(hundred.resources("AWS::CloudWatch::Dashboard"))
    assert len(schedules) == HUNDRED
    assert len(boards) == HUNDRED + 1
    assert len(set(alarms)) == len(alarms)
    assert len([name for name in alarms if name.endswith("-over-budget")]) == HUNDRED
    assert max(map(len, alarms)) <= 255


def test_the_board_of_the_fleet_shows_every_model(hundred: Synthesized) -> None:
    (board,) = [
        json.dumps(each["DashboardBody"])
        for _, each in hundred.resources("AWS::CloudWatch::Dashboard")
        if each["DashboardName"] == "ATwentyLetterPrefixx"
    ]
    assert len(set(re.findall(r"a-model-[\w-]+-\d{3}-harmful", board))) == HUNDRED


def test_a_model_moves_to_a_stack_further_back_only() -> None:
    """It leaves the one before it comes into the other: no alarm is there twice."""
    many = {f"m{n}": a_spec() for n in range(120)}
    place = {
        count: {
            name: where
            for where, models in enumerate(shards(dict(list(many.items())[:count])))
            for name in models
        }
        for count in (MOST, 60, 120)
    }
    for fewer, more in ((MOST, 60), (60, 120)):
        moved = [(place[fewer][name], place[more][name]) for name in place[fewer]]
        assert all(after >= before for before, after in moved)
        assert any(after > before for before, after in moved)


def test_two_models_whose_alarms_would_share_a_name_are_refused(tmp_path: Path) -> None:
    models = specs_of(tmp_path / "models", "bank", "bank-concept")
    with pytest.raises(SpecError, match="bank-concept and bank would both have an alarm named"):
        synthesize("cloud", tmp_path, models=models)


def test_a_model_named_like_an_alarm_of_the_deployment_is_refused(tmp_path: Path) -> None:
    models = specs_of(tmp_path / "models", "predict")
    with pytest.raises(SpecError, match="predict and the deployment"):
        synthesize("cloud", tmp_path, models=models)


def test_dashboards_of_models_can_be_left_out_and_slack_be_told(other: Synthesized) -> None:
    assert len(list(other.resources("AWS::CloudWatch::Dashboard"))) == 1
    channel = other.only("AWS::Chatbot::SlackChannelConfiguration")
    assert "AWSDenyAll" in json.dumps(channel["GuardrailPolicies"])
    assert len(channel["SnsTopicArns"]) == 1


def test_who_acts_starts_four_workflows_and_reads_no_prediction(cloud: Synthesized) -> None:
    statements = cloud.statements_of(cloud.role_of("react"))
    started = [s for s in statements if "states:StartExecution" in as_list(s["Action"])]
    named = json.dumps([each["Resource"] for each in started])
    assert set(re.findall(r"stateMachine:perennial-([\w-]+)", named)) == {
        "retraining",
        "rollback",
        "rollout",
        "second-look",
    }
    read = [s for s in statements if "s3:GetObject" in as_list(s["Action"])]
    assert re.findall(r"/(\w+)/\*", json.dumps([s["Resource"] for s in read])) == ["reports"]


def test_who_acts_may_use_the_key_of_the_topic(cloud: Synthesized) -> None:
    (policy,) = [
        json.dumps(key["KeyPolicy"])
        for name, key in cloud.resources("AWS::KMS::Key")
        if name.startswith("Perennial-Operations/")
    ]
    assert "Perennial-Watch:ReactRoleArn" in policy


def test_alarms_that_go_on_or_off_are_acted_on_and_new_ones_are_not(cloud: Synthesized) -> None:
    changes = [
        rule["EventPattern"]["detail"]
        for _, rule in cloud.resources("AWS::Events::Rule")
        if rule["EventPattern"]["source"] == ["aws.cloudwatch"]
    ]
    assert {key for detail in changes for key in detail} == {"alarmName", "state", "previousState"}
    assert all(detail["alarmName"] == [{"prefix": "perennial-"}] for detail in changes)


def test_a_retraining_that_fails_is_always_accounted_for(cloud: Synthesized) -> None:
    states = json.loads(cloud.machine("retraining")["DefinitionString"])["States"]
    for state in ("GatherTrainingData", "StartTraining"):
        (caught,) = states[state]["Catch"]
        assert (caught["ErrorEquals"], caught["Next"]) == (["States.ALL"], "GiveUp")


def test_a_state_of_watching_waits_longer_than_its_function(cloud: Synthesized) -> None:
    called = {
        ("monitoring", "MonitorModel"): "monitor",
        ("monitoring", "ActOnAlarms"): "react",
        ("second-look", "ActOnAlarms"): "react",
        ("retraining", "GatherTrainingData"): "gather",
        ("retraining", "StartTraining"): "trigger",
        ("retraining", "NoteRun"): "react",
        ("retraining", "GiveUp"): "react",
    }
    for (machine, state), function in called.items():
        states = json.loads(cloud.machine(machine)["DefinitionString"])["States"]
        assert states[state]["TimeoutSeconds"] > cloud.functions()[function]["Timeout"]
