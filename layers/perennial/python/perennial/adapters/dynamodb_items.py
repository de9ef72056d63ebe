"""Records as DynamoDB items and back: keys, attribute types and numbers, spelled here only.

One table. `pk` is `MODEL#<model>`; `sk` names the thing: `ROUTE`, `STATE`, `VERSION#<8 digits>`,
`RUN#<run id>`, `QUEUE#<created at>#<run id>`, `EVENT#<10 digits>`. The index `gsi1` lists the
runs of a model by time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from perennial.registry.records import (
    Event,
    Route,
    RoutedVersion,
    Run,
    RunStatus,
    SourceObject,
    Version,
    VersionStatus,
)

Item = dict[str, Any]  # attribute name → {"S": ...} and the like

INDEX = "gsi1"
ROUTE = "ROUTE"
STATE = "STATE"
VERSIONS = "VERSION#"
EVENTS = "EVENT#"
QUEUE = "QUEUE#"


def model_key(model: str) -> str:
    """Partition of everything one model has."""
    return f"MODEL#{model}"


def key(model: str, sort: str) -> Item:
    """Primary key of an item."""
    return {"pk": {"S": model_key(model)}, "sk": {"S": sort}}


def run_sort(run_id: str) -> str:
    """Sort key of a run."""
    return f"RUN#{run_id}"


def queue_sort(run: Run) -> str:
    """Sort key of a run's place in the queue: the oldest comes first."""
    return f"{QUEUE}{run.created_at}#{run.run_id}"


def version_sort(number: int) -> str:
    """Sort key of a version."""
    return f"{VERSIONS}{number:08d}"


def event_sort(sequence: int) -> str:
    """Sort key of an event."""
    return f"{EVENTS}{sequence:010d}"


def runs_key(model: str) -> str:
    """Partition of the index that lists a model's runs."""
    return f"RUNS#{model}"


def encode(value: object) -> dict[str, Any]:
    """A value as a DynamoDB attribute.

    Raises:
        ValueError: a number that is not finite, which DynamoDB cannot hold.
        TypeError: a type no record has.
    """
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, int | float):
        return {"N": _number(value)}
    if isinstance(value, Mapping):
        return {"M": {str(name): encode(of) for name, of in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [encode(of) for of in value]}
    raise TypeError(f"no attribute type for {type(value).__name__}")


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError("DynamoDB holds finite numbers only")
    # Its smallest magnitude is 1e-130, its largest just under 1e126; a float reaches further.
    if value and abs(value) < 1e-130:
        return "0"
    if abs(value) >= 1e126:
        raise ValueError("DynamoDB holds numbers below 1e126 only")
    return repr(value)


def decode(attribute: Mapping[str, Any]) -> Any:
    """An attribute as a value; numbers as int or float by how they are written."""
    ((kind, value),) = attribute.items()
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if kind == "M":
        return {name: decode(of) for name, of in value.items()}
    if kind == "L":
        return [decode(of) for of in value]
    return None if kind == "NULL" else value


def item_of(record: Run | Version | Route | Event, sort: str, **extra: object) -> Item:
    """A record as the item under a sort key; `extra` are further attributes."""
    attributes = {name: encode(of) for name, of in {**_plain(record), **extra}.items()}
    return {**key(record.model, sort), **attributes}


def run_item(run: Run, revision: int) -> Item:
    """A run, with the revision its next change is conditional on."""
    return item_of(
        run,
        run_sort(run.run_id),
        revision=revision,
        gsi1pk=runs_key(run.model),
        gsi1sk=f"{run.created_at}#{run.run_id}",
    )


def _plain(record: object) -> dict[str, object]:
    """The fields of a record; records inside it become mappings."""
    values = {f.name: getattr(record, f.name) for f in fields(record)}  # type: ignore[arg-type]
    return {
        name: _plain(of) if isinstance(of, SourceObject | RoutedVersion) else of
        for name, of in values.items()
    }


def _values(item: Item, record: type) -> dict[str, Any]:
    """The decoded attributes that are fields of the record."""
    return {f.name: decode(item[f.name]) for f in fields(record) if f.name in item}


def _floats(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(of) for name, of in values.items()}


def run_of(item: Item) -> Run:
    """The run in an item."""
    values = _values(item, Run)
    values["status"] = RunStatus(values["status"])
    values["source"] = SourceObject(**values["source"])
    values["metrics"] = _floats(values["metrics"])
    values["seconds"] = _floats(values["seconds"])
    return Run(**values)


def version_of(item: Item) -> Version:
    """The version in an item."""
    values = _values(item, Version)
    values["status"] = VersionStatus(values["status"])
    values["metrics"] = _floats(values["metrics"])
    values["gates"] = tuple(values["gates"])
    return Version(**values)


def route_of(item: Item) -> Route:
    """The route in an item."""
    values = _values(item, Route)
    previous = values["previous"]
    values["champion"] = RoutedVersion(**values["champion"])
    values["previous"] = None if previous is None else RoutedVersion(**previous)
    return Route(**values)


def event_of(item: Item) -> Event:
    """The event in an item."""
    return Event(**_values(item, Event))
