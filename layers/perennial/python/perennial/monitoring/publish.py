"""Leaves a report where others look for it."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.monitoring.history import CARRIED, REPORT_HTML, REPORT_JSON, Carried
from perennial.monitoring.record import Report
from perennial.monitoring.report import page
from perennial.registry import layout
from perennial.registry.objects import ObjectStore

_JSON, _HTML = "application/json", "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Made:
    """A report and where it is."""

    report: Report
    uri: str  # of the page a person reads


def publish(
    report: Report, carried: Carried, floor: float | None, store: ObjectStore, bucket: str
) -> Made:
    """Write page and state, then `report.json`: whoever finds the latter has all of them.

    Raises:
        Unavailable: the store does not answer.
    """
    prefix = layout.uri(bucket, layout.report_prefix(report.model, report.report_id))
    store.write(prefix + REPORT_HTML, page(report, floor).encode(), _HTML)
    store.write(prefix + CARRIED, carried.model_dump_json().encode(), _JSON)
    store.write(prefix + REPORT_JSON, report.model_dump_json(indent=1).encode(), _JSON)
    return Made(report, prefix + REPORT_HTML)
