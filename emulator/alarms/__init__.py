"""Alarms with CloudWatch's rules, in the place of MiniStack's."""

from collections.abc import Mapping
from typing import Any

from emulator import seams
from emulator.alarms import actions, composite, definition
from emulator.alarms.evaluator import Evaluator, stamp
from emulator.settings import Settings

_MATH_ONLY = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions")


def install(settings: Settings) -> None:
    """Evaluate alarms ourselves, and let them have metric math."""
    seams.replace("services.cloudwatch:_evaluate_alarm", lambda alarm: None)  # noqa: ARG005
    seams.replace("services.cloudwatch:_evaluate_all_alarms", lambda: None)
    seams.replace("services.cloudwatch:_dispatch_alarm_actions", _dispatch)
    _accept_metric_math()
    Evaluator(settings.time_scale).start()


def install_in_cloudformation() -> None:
    """Accept `Metrics` and composite alarms in templates."""
    composite.install_in_cloudformation()

    def record(name: str, props: Mapping[str, Any]) -> dict[str, Any]:
        if not props.get("Metrics"):
            made: dict[str, Any] = original(name, props)
        else:
            single = {key: value for key, value in props.items() if key != "Metrics"}
            made = _with_metrics(
                original(name, {**single, "MetricName": "-", "Namespace": "-"}), props["Metrics"]
            )
        definition.read(made)
        return made

    original = seams.replace("services.cloudformation.provisioners:_cw_metric_alarm_record", record)


def _dispatch(alarm: dict[str, Any], old_state: str, new_state: str, reason: str) -> None:
    """SetAlarmState; MiniStack has changed the record and written its history."""
    now = stamp(alarm.get("StateUpdatedTimestamp"))
    before = {"value": old_state, "reason": "", "timestamp": now}
    after = {"value": new_state, "reason": reason, "timestamp": now}
    if alarm.get("StateReasonData"):
        after["reasonData"] = alarm["StateReasonData"]
    actions.announce(alarm, before, after)


def _accept_metric_math() -> None:
    def put(
        params: Mapping[str, Any],
        cbor_data: Mapping[str, Any],
        is_cbor: bool,
        is_json: bool = False,
    ) -> object:
        answer = original(params, cbor_data, is_cbor, is_json)
        stored = seams.get("services.cloudwatch:_alarms").get(cbor_data.get("AlarmName"))
        if stored is not None and cbor_data.get("Metrics"):
            _with_metrics(stored, cbor_data["Metrics"])
        return answer

    original = seams.replace("services.cloudwatch:_put_metric_alarm", put)


def _with_metrics(record: dict[str, Any], metrics: object) -> dict[str, Any]:
    for name in _MATH_ONLY:
        record.pop(name, None)
    record["Metrics"] = metrics
    return record
