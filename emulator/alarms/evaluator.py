"""Evaluates every alarm when its periods pass, not only when a metric is written."""

import json
import logging
import math
import threading
import time
from datetime import UTC, datetime
from typing import Any, Final

from emulator import seams
from emulator.alarms import actions, definition, series
from emulator.alarms.states import State, decide, explain

_log = logging.getLogger("emulator.alarms")
_TICK: Final = 0.25

Record = dict[str, Any]


class Evaluator:
    """One thread, over the alarms of every account and region."""

    def __init__(self, time_scale: float) -> None:
        self._scale = time_scale
        self._seen: dict[str, tuple[float, object]] = {}

    def start(self) -> None:
        """Begin to evaluate."""
        threading.Thread(target=self._run, name="alarms", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(_TICK)
            alarms = seams.get("services.cloudwatch:_alarms").all_items()
            for (account, region, _), record in alarms:
                try:
                    with seams.scope(account, region):
                        self._consider(record)
                except Exception:
                    _log.exception("alarm %s could not be evaluated", record.get("AlarmName"))

    def _consider(self, record: Record) -> None:
        """Evaluate when another period is complete, or the alarm was changed."""
        told = definition.read(record)
        grain = min(told.period, 60) / self._scale
        end = math.floor(time.time() / grain) * grain
        seen = (end, record.get("AlarmConfigurationUpdatedTimestamp"))
        if self._seen.get(record["AlarmArn"]) == seen:
            return
        self._seen[record["AlarmArn"]] = seen
        values = series.look(told, end, self._scale)
        old: State = record["StateValue"]
        new = decide(values, told.rule, old)
        if new != old:
            reason, recent = explain(values, told.rule, old, new)
            data = _reason_data(told, recent, end)
            transition(record, new, reason, data)


def transition(record: Record, new: State, reason: str, data: str) -> None:
    """Put an alarm into another state, with its history, event and actions."""
    old = record["StateValue"]
    before = {
        "value": old,
        "reason": record.get("StateReason", ""),
        "timestamp": stamp(record.get("StateUpdatedTimestamp")),
    }
    if record.get("StateReasonData"):
        before["reasonData"] = record["StateReasonData"]
    now = time.time()
    after = {"value": new, "reason": reason, "reasonData": data, "timestamp": stamp(now)}
    record["StateValue"], record["StateReason"], record["StateReasonData"] = new, reason, data
    record["StateUpdatedTimestamp"] = record["StateTransitionedTimestamp"] = int(now)
    remember(record, before, after)
    actions.announce(record, before, after)
    seams.get("services.cloudwatch:_evaluate_parent_alarms")(record)
    _log.info("alarm %s: %s -> %s: %s", record["AlarmName"], old, new, reason)


def remember(record: Record, before: Record, after: Record) -> None:
    """Add the change to the alarm's history."""
    states = {
        key: {"stateValue": each["value"], "stateReason": each["reason"]}
        for key, each in (("oldState", before), ("newState", after))
    }
    if after.get("reasonData"):
        states["newState"]["stateReasonData"] = json.loads(after["reasonData"])
    seams.get("services.cloudwatch:_history_entries")().append(
        {
            "AlarmName": record["AlarmName"],
            "AlarmType": "MetricAlarm",
            "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "HistoryItemType": "StateUpdate",
            "HistorySummary": f"Alarm updated from {before['value']} to {after['value']}",
            "HistoryData": json.dumps({"version": "1.0", **states}),
        }
    )


def stamp(at: float | None) -> str:
    """A moment as CloudWatch writes it in events."""
    return f"{datetime.fromtimestamp(at or 0, UTC):%Y-%m-%dT%H:%M:%S}.000+0000"


def _reason_data(told: definition.Definition, recent: list[float], end: float) -> str:
    first = told.queries[0]
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": stamp(time.time()),
        "startDate": stamp(end - told.period * told.rule.periods),
        "period": told.period,
        "recentDatapoints": list(reversed(recent)),
        "threshold": told.rule.threshold,
    }
    if not first.expression and len(told.queries) == 1:
        data["statistic"] = first.statistic
    return json.dumps(data)
