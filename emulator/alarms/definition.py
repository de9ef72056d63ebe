"""An alarm's configuration, read from the record MiniStack stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.alarms.states import Rule


@dataclass(frozen=True)
class Query:
    """One metric, or one expression over others."""

    id: str
    returned: bool
    expression: str = ""
    namespace: str = ""
    metric: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Average"
    unit: str | None = None

    def wire(self, period: int) -> dict[str, Any]:
        """As events name it."""
        if self.expression:
            return {"id": self.id, "expression": self.expression, "returnData": self.returned}
        metric = {
            "namespace": self.namespace,
            "name": self.metric,
            "dimensions": dict(self.dimensions),
        }
        stat: dict[str, Any] = {"metric": metric, "period": period, "stat": self.statistic}
        if self.unit:
            stat["unit"] = self.unit
        return {"id": self.id, "metricStat": stat, "returnData": self.returned}


@dataclass(frozen=True)
class Definition:
    """What an alarm looks at, and when it goes off."""

    queries: tuple[Query, ...]
    period: int
    rule: Rule


def read(record: Mapping[str, Any]) -> Definition:
    """The configuration in a record.

    Raises:
        ValueError: it uses something of CloudWatch that the emulator does not have.
    """
    periods = int(record.get("EvaluationPeriods") or 1)
    rule = Rule(
        comparison=str(record["ComparisonOperator"]),
        threshold=float(record["Threshold"]),
        periods=periods,
        datapoints=int(record.get("DatapointsToAlarm") or periods),
        missing=record.get("TreatMissingData") or "missing",
    )
    told = record.get("Metrics")
    if told:
        queries = tuple(_query(each) for each in told)
        seconds = [
            int(each["MetricStat"]["Period"] if "MetricStat" in each else each["Period"])
            for each in told
            if "MetricStat" in each or "Period" in each
        ]
        return Definition(queries, max(seconds), rule)
    query = Query(
        id="m1",
        returned=True,
        namespace=str(record["Namespace"]),
        metric=str(record["MetricName"]),
        dimensions=_dimensions(record.get("Dimensions")),
        statistic=str(record.get("ExtendedStatistic") or record.get("Statistic") or "Average"),
        unit=record.get("Unit"),
    )
    return Definition((query,), int(record.get("Period") or 60), rule)


def _query(told: Mapping[str, Any]) -> Query:
    returned = str(told.get("ReturnData", True)).lower() == "true"
    if "Expression" in told:
        return Query(id=told["Id"], returned=returned, expression=told["Expression"])
    stat = told["MetricStat"]
    return Query(
        id=told["Id"],
        returned=returned,
        namespace=stat["Metric"]["Namespace"],
        metric=stat["Metric"]["MetricName"],
        dimensions=_dimensions(stat["Metric"].get("Dimensions")),
        statistic=stat["Stat"],
        unit=stat.get("Unit"),
    )


def _dimensions(told: Any) -> dict[str, str]:
    return {each["Name"]: str(each["Value"]) for each in told or []}
