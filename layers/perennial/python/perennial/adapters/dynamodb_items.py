"""Records as DynamoDB items and back: keys, attribute types and numbers, spelled here only.

One table. `pk` is `MODEL#<model>`; `sk` names the thing: `ROUTE`, `STATE`, `VERSION#<8 digits>`,
`RUN#<run id>`, `QUEUE#<created at>#<run id>`, `ROLLOUT#<rollout id>`, `AUTOMATION`. Events are
`EVENT#<10 digits>` of the partition `HISTORY#<model>`, which nobody may update or delete.
`SOURCE#<bucket>/<key>` has a `RUN#<run id>` for each run of an object. The index `gsi1` lists the
runs and the rollouts of a model by time, the events about a version, and the versions of a dataset.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from perennial.registry.chain import version_of as version_about
from perennial.registry.records import (
    Approval,
    ApprovalStatus,
    Automation,
    Event,
    Rollout,
    RolloutStatus,
    RolloutStep,
    Route,
    RoutedVersion,
    Run,
    RunStatus,
    SourceObject,
    Version,
    VersionStatus,
)

Record = Run | Version | Route | Rollout | Automation | Approval | Event
Item = dict[str, Any]  # attribute name → {"S": ...} and the like

INDEX = "gsi1"
ROUTE = "ROUTE"
STATE = "STATE"
AUTOMATION = "AUTOMATION"
VERSIONS = "VERSION#"
EVENTS = "EVENT#"
QUEUE = "QUEUE#"
_EVENT = {f.name: {"int": int, "str": str}.get(str(f.type), dict) for f in fields(Event)}


def model_key(model: str) -> str:
    """Partition of everything one model has."""
    return f"MODEL#{model}"


def history_key(model: str) -> str:
    """Partition of a model's history."""
    return f"HISTORY#{model}"


def source_key(bucket: str, name: str) -> str:
    """Partition of the runs that began with an object."""
    return f"SOURCE#{bucket}/{name}"


def about_key(model: str, version: int) -> str:
    """Partition of the index that lists the events about a version."""
    return f"ABOUT#{model}#{version:08d}"


def dataset_key(model: str, digest: str) -> str:
    """Partition of the index that lists the versions trained on a dataset."""
    return f"DATASET#{model}#{digest}"


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


def rollout_sort(rollout_id: str) -> str:
    """Sort key of a rollout."""
    return f"ROLLOUT#{rollout_id}"


def runs_key(model: str) -> str:
    """Partition of the index that lists a model's runs."""
    return f"RUNS#{model}"


def rollouts_key(model: str) -> str:
    """Partition of the index that lists a model's rollouts."""
    return f"ROLLOUTS#{model}"


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


def item_of(record: Record, sort: str, **extra: object) -> Item:
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


def version_item(version: Version) -> Item:
    """A version, listed by its dataset."""
    return item_of(version, version_sort(version.number), **version_index(version))


def version_index(version: Version) -> dict[str, str]:
    """Where the index lists a version."""
    return {
        "gsi1pk": dataset_key(version.model, version.dataset_digest),
        "gsi1sk": f"{version.number:08d}",
    }


def event_item(event: Event) -> Item:
    """An event, listed by the version it is about."""
    item = item_of(event, event_sort(event.sequence), **event_index(event))
    return item | {"pk": {"S": history_key(event.model)}}


def event_index(event: Event) -> dict[str, str]:
    """Where the index lists an event; empty for one that is about no version."""
    about = version_about(event)
    if about is None:
        return {}
    return {"gsi1pk": about_key(event.model, about), "gsi1sk": event_sort(event.sequence)}


def indexed_at(item: Item, place: Mapping[str, str]) -> bool:
    """Whether the index lists an item at a place, and nowhere else."""
    names = ("gsi1pk", "gsi1sk")
    return {name: item[name] for name in names if name in item} == {
        name: {"S": of} for name, of in place.items()
    }


def source_item(run: Run) -> Item:
    """What leads from an object to a run that began with it."""
    source = run.source
    return {
        "pk": {"S": source_key(source.bucket, source.key)},
        "sk": {"S": run_sort(run.run_id)},
        "model": {"S": run.model},
        "run_id": {"S": run.run_id},
        "version_id": {"S": source.version_id},
    }


def rollout_item(rollout: Rollout) -> Item:
    """A rollout, listed by when it began."""
    return item_of(
        rollout,
        rollout_sort(rollout.rollout_id),
        gsi1pk=rollouts_key(rollout.model),
        gsi1sk=f"{rollout.began_at}#{rollout.rollout_id}",
    )


def _plain(record: object) -> dict[str, object]:
    """The fields of a record; records inside it become mappings."""
    values = {f.name: getattr(record, f.name) for f in fields(record)}  # type: ignore[arg-type]
    return {name: _plain_value(of) for name, of in values.items()}


def _plain_value(value: object) -> object:
    if is_dataclass(value):
        return _plain(value)
    return [_plain_value(of) for of in value] if isinstance(value, tuple) else value


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
    """The route in an item, which may be older than rollouts."""
    values = _values(item, Route)
    for role in ("champion", "previous", "challenger", "shadow"):
        routed = values.get(role)
        values[role] = None if routed is None else RoutedVersion(**routed)
    values["earlier"] = tuple(RoutedVersion(**routed) for routed in values.get("earlier", ()))
    values["share"] = float(values.get("share", 0.0))
    return Route(**values)


def rollout_of(item: Item) -> Rollout:
    """The rollout in an item."""
    values = _values(item, Rollout)
    values["status"] = RolloutStatus(values["status"])
    values["steps"] = tuple(
        RolloutStep(**{**step, "share": float(step["share"])}) for step in values["steps"]
    )
    return Rollout(**values)


def approval_of(item: Item) -> Approval:
    """The approval in an item."""
    values = _values(item, Approval)
    values["status"] = ApprovalStatus(values["status"])
    return Approval(**values)


def automation_of(item: Item) -> Automation:
    """What was done for a model without a person, in an item."""
    values = _values(item, Automation)
    for name in ("retrainings", "rollbacks", "told"):
        values[name] = tuple(values.get(name, ()))
    return Automation(**values)


def event_of(item: Item) -> Event:
    """The event in an item.

    One that was tampered with is read all the same: what is missing or of another type than its
    field is taken as empty, so that the event's digest, not an exception, tells.
    """
    read = _values(item, Event)
    values = {name: of for name, of in read.items() if _fits(of, _EVENT[name])}
    return Event(**{**_nothing(item), **values})


def _nothing(item: Item) -> dict[str, Any]:
    place = item["sk"]["S"].removeprefix(EVENTS)
    model = item["pk"]["S"].partition("#")[2]
    empty: dict[str, Any] = {name: of() for name, of in _EVENT.items()}
    return {**empty, "model": model, "sequence": int(place) if place.isdecimal() else 0}


def _fits(value: object, wanted: type) -> bool:
    if isinstance(value, dict) and not all(isinstance(of, str) for of in value.values()):
        return False
    return type(value) is wanted
