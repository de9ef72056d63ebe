"""The numbers alarms are set on: a report as metrics of its model.

A verdict is 1 where it is an alarm and 0 where it is not; it is left out where there was too
little data, so that an alarm neither goes off nor ends by a window that says nothing.
"""

from __future__ import annotations

from perennial.monitoring.record import Report, State

OF_CHECK = {
    "quality": "DataQuality",
    "concept_drift": "ConceptDrift",
    "performance": "BelowFloor",
    "collapse": "Collapsed",
    "previous": "BelowPrevious",
    "stale_data": "StaleData",
    "stale_model": "StaleModel",
    "budget": "OverBudget",
}
_DRIFTS = ("drift", "prediction_drift", "multivariate")


def metrics_of(report: Report) -> dict[str, float]:
    """Names and values; `Reports` is 1 in each, so that silence can be told."""
    counts = report.outcomes
    found = {
        "Reports": 1.0,
        "CapturedRows": float(report.traffic.predictions),
        "Outcomes": float(counts.matched),
        "OutcomeOrphans": float(counts.orphans),
        "OutcomeConflicts": float(counts.conflicts),
        **_drifted(report),
        **_performance(report),
    }
    judged = {name: _as_number(report, check) for check, name in OF_CHECK.items()}
    judged["Drift"] = _any(report)
    return found | {name: value for name, value in judged.items() if value is not None}


def _as_number(report: Report, check: str) -> float | None:
    verdict = report.verdicts.get(check)
    if verdict is None or verdict.state not in (State.OK, State.ALARM):
        return None
    return float(verdict.state is State.ALARM)


def _any(report: Report) -> float | None:
    """Drift of any kind: of features, of predictions, of all features together."""
    told = [value for check in _DRIFTS if (value := _as_number(report, check)) is not None]
    return max(told, default=None)


def _drifted(report: Report) -> dict[str, float]:
    if _as_number(report, "drift") is None:
        return {}
    return {"DriftedFeatures": float(sum(one.drifted for one in report.features))}


def _performance(report: Report) -> dict[str, float]:
    """The watched metric of the version in service."""
    found = report.in_service()
    reached = found.metrics.get(report.metric.value) if found else None
    return {} if reached is None else {"Performance": reached}
