"""Log lines in CloudWatch's embedded metric format become metrics.

The format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from emulator import logs
from emulator.metrics.store import record

_log = logging.getLogger("emulator.metrics")
_MOST_DIMENSIONS: Final = 30


@dataclass(frozen=True)
class Value:
    """One value of one metric, under one set of dimensions."""

    namespace: str
    name: str
    value: float
    unit: str
    dimensions: Mapping[str, str]
    at: float


def install() -> None:
    """Read every log event of functions and jobs alike."""
    logs.watch(_read)


def values(line: str) -> Iterator[Value]:
    """The metrics in a log line; none when it is not in the format."""
    document = _document(line)
    if document is None:
        return
    header = document["_aws"]
    at = float(header.get("Timestamp") or 0) / 1000
    for directive in header.get("CloudWatchMetrics", []):
        for dimensions in _dimension_sets(directive, document):
            for metric in directive.get("Metrics", []):
                given = document.get(metric.get("Name"))
                for value in given if isinstance(given, list) else [given]:
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        yield Value(
                            namespace=directive["Namespace"],
                            name=metric["Name"],
                            value=float(value),
                            unit=metric.get("Unit", "None"),
                            dimensions=dimensions,
                            at=at,
                        )


def _document(line: str) -> dict[str, Any] | None:
    start = line.find("{")
    if start < 0 or '"_aws"' not in line:
        return None
    try:
        document = json.loads(line[start:])
    except ValueError:
        return None
    if isinstance(document, dict) and isinstance(document.get("_aws"), dict):
        return document
    return None


def _dimension_sets(
    directive: Mapping[str, Any], document: Mapping[str, Any]
) -> Iterator[dict[str, str]]:
    for names in directive.get("Dimensions") or [[]]:
        if len(names) <= _MOST_DIMENSIONS and all(name in document for name in names):
            yield {name: str(document[name]) for name in names}


def _read(events: logs.Events) -> None:
    for event in events:
        try:
            for value in values(str(event.get("message", ""))):
                record(
                    value.namespace,
                    value.name,
                    value.value,
                    unit=value.unit,
                    dimensions=value.dimensions,
                    at=value.at or float(event["timestamp"]) / 1000,
                )
        except (KeyError, TypeError, AttributeError):
            _log.info("a log line names metrics in a form CloudWatch would refuse too")
