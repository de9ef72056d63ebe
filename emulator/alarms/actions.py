"""What a change of state sets off: the event, notifications and functions."""

import json
import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from emulator import calls, seams
from emulator.alarms import definition
from emulator.outbox import OUTBOX, Event

_log = logging.getLogger("emulator.alarms")
_PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"


def announce(record: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Send the event and, when actions are enabled, perform those of the new state.

    Args:
        record: the alarm.
        old: the state it left: `value`, `reason`, `reasonData`, `timestamp`.
        new: the state it entered.
    """
    account, region = seams.current_scope()
    data = {
        "alarmName": record["AlarmName"],
        "state": dict(new),
        "previousState": dict(old),
        "configuration": _configuration(record),
    }
    OUTBOX.send(
        Event(
            account=account,
            region=region,
            source="aws.cloudwatch",
            detail_type="CloudWatch Alarm State Change",
            detail=data,
            resources=(str(record["AlarmArn"]),),
        )
    )
    if not record.get("ActionsEnabled", True):
        return
    field = {"ALARM": "AlarmActions", "OK": "OKActions"}.get(
        str(new["value"]), "InsufficientDataActions"
    )
    for target in record.get(field) or []:
        _perform(str(target), record, data, old, new)


def _perform(
    target: str,
    record: Mapping[str, Any],
    data: Mapping[str, Any],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> None:
    service = target.split(":")[2]
    if service == "sns":
        subject = f'{new["value"]}: "{record["AlarmName"]}" in US East (N. Virginia)'
        message = json.dumps(_notification(record, old, new))
        seams.get("services.sns:_fanout")(target, str(uuid.uuid4()), message, subject[:100])
    elif service == "lambda":
        account, region = seams.current_scope()
        event = {
            "source": "aws.cloudwatch",
            "alarmArn": record["AlarmArn"],
            "accountId": account,
            "time": new["timestamp"],
            "region": region,
            "alarmData": data,
        }
        calls.invoke_later(target, event, _PRINCIPAL, str(record["AlarmArn"]))
    else:
        _log.warning("alarm %s: the emulator has no action %s", record["AlarmName"], target)


def _configuration(record: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if record.get("AlarmDescription"):
        told["description"] = record["AlarmDescription"]
    if record.get("AlarmRule"):
        return {**told, "alarmRule": record["AlarmRule"]}
    read = definition.read(record)
    told["metrics"] = [query.wire(read.period) for query in read.queries]
    return told


def _notification(
    record: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    account, _ = seams.current_scope()
    changed = datetime.fromtimestamp(record.get("AlarmConfigurationUpdatedTimestamp") or 0, UTC)
    return {
        "AlarmName": record["AlarmName"],
        "AlarmDescription": record.get("AlarmDescription") or None,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": f"{changed:%Y-%m-%dT%H:%M:%S.000+0000}",
        "NewStateValue": new["value"],
        "NewStateReason": new["reason"],
        "StateChangeTime": new["timestamp"],
        "Region": "US East (N. Virginia)",
        "AlarmArn": record["AlarmArn"],
        "OldStateValue": old["value"],
        "OKActions": record.get("OKActions") or [],
        "AlarmActions": record.get("AlarmActions") or [],
        "InsufficientDataActions": record.get("InsufficientDataActions") or [],
        **(_children(record) if record.get("AlarmRule") else {"Trigger": _trigger(record)}),
    }


def _children(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a composite alarm tells instead of a metric: its rule, and who set it off."""
    told = json.loads(record.get("StateReasonData") or "{}")
    return {
        "AlarmRule": record["AlarmRule"],
        "TriggeringChildren": [
            {
                "Arn": child["arn"],
                "State": {
                    "Value": child["state"]["value"],
                    "Timestamp": child["state"]["timestamp"],
                },
            }
            for child in told.get("triggeringAlarms", [])
        ],
    }


def _trigger(record: Mapping[str, Any]) -> dict[str, Any]:
    shared = {
        "Period": record.get("Period"),
        "EvaluationPeriods": record.get("EvaluationPeriods"),
        "DatapointsToAlarm": record.get("DatapointsToAlarm"),
        "ComparisonOperator": record.get("ComparisonOperator"),
        "Threshold": record.get("Threshold"),
        "TreatMissingData": record.get("TreatMissingData"),
        "EvaluateLowSampleCountPercentile": "",
    }
    if record.get("Metrics"):
        return {**shared, "Metrics": record["Metrics"]}
    extended = record.get("ExtendedStatistic")
    return {
        **shared,
        "MetricName": record.get("MetricName"),
        "Namespace": record.get("Namespace"),
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        "Statistic": extended or str(record.get("Statistic") or "").upper(),
        "Unit": record.get("Unit"),
        "Dimensions": [
            {"name": each["Name"], "value": each["Value"]}
            for each in record.get("Dimensions") or []
        ],
    }
