"""The writes of the registry's transactions, each with the condition it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perennial.adapters.dynamodb_items import (
    ROUTE,
    STATE,
    Item,
    decode,
    encode,
    item_of,
    key,
    queue_sort,
    rollout_item,
    run_item,
    version_sort,
)
from perennial.registry.records import Event, Rollout, Route, Run, RunStatus, VersionStatus

NEW = "attribute_not_exists(pk)"
UNCHANGED = "revision = :revision"


def put_new(item: Item) -> Item:
    """Put an item where there is none."""
    return {"Put": {"Item": item, "ConditionExpression": NEW}}


def put(item: Item) -> Item:
    """Put an item that is the same each time it is made."""
    return {"Put": {"Item": item}}


def put_next(item: Item, revision: int) -> Item:
    """Put an item in the place of its predecessor, which must still have that revision."""
    return {
        "Put": {
            "Item": item,
            "ConditionExpression": UNCHANGED,
            "ExpressionAttributeValues": _values({":revision": revision}),
        }
    }


def still(item: Item) -> Item:
    """An item is as it was read."""
    return {
        "ConditionCheck": {
            "Key": {"pk": item["pk"], "sk": item["sk"]},
            "ConditionExpression": UNCHANGED,
            "ExpressionAttributeValues": {":revision": item["revision"]},
        }
    }


def put_run(item: Item, before: Run, after: Run) -> list[Item]:
    """Put a changed run, if it is as it was read; with its wait its place in the queue ends."""
    revision = decode(item["revision"])
    writes = [put_next(run_item(after, revision + 1), revision)]
    if before.status is RunStatus.QUEUED and after.status is not RunStatus.QUEUED:
        writes.append({"Delete": {"Key": key(before.model, queue_sort(before))}})
    return writes


def put_revised(item: Item, revision: int) -> Item:
    """Put an item of this revision in the place of the one it was made from."""
    return put_new(item) if revision == 1 else put_next(item, revision - 1)


def put_route(route: Route) -> Item:
    """Put a route in the place of the one it was made from."""
    return put_revised(item_of(route, ROUTE), route.revision)


def put_rollout(rollout: Rollout) -> Item:
    """Put a rollout in the place of the one it was made from."""
    return put_revised(rollout_item(rollout), rollout.revision)


def mark(model: str, number: int, status: VersionStatus) -> Item:
    """Give a version that exists a status."""
    return {
        "Update": {
            "Key": key(model, version_sort(number)),
            "UpdateExpression": "SET #status = :status",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#status": "status"},  # a word of DynamoDB's own
            "ExpressionAttributeValues": _values({":status": status.value}),
        }
    }


def take_slot(model: str, run_id: str, at: str) -> Item:
    """Write a run into the free training slot."""
    return _update_state(
        model,
        "SET training_run = :run, training_since = :at",
        "attribute_not_exists(training_run)",
        {":run": run_id, ":at": at},
    )


def free_slot(model: str, run_id: str) -> Item:
    """Remove a run from the training slot it holds."""
    remove = "REMOVE training_run, training_since"
    return _update_state(model, remove, "training_run = :run", {":run": run_id})


def count_on(
    model: str, state: Mapping[str, Any], *, event: Event, version: int | None = None
) -> Item:
    """Make an event the head of its history, if the one it follows still is; count a version on.

    Args:
        model: whose state.
        state: as it was read.
        event: numbered and sealed.
        version: the number that is given away with it, if any.
    """
    sets: dict[str, object] = {
        "last_event": event.sequence,
        "last_digest": event.digest,
        "last_serving": event.serving,
    }
    held = ["last_event", "last_digest"]
    if version is not None:
        sets["last_version"] = version
        held.append("last_version")
    conditions, values = [], {f":{name}": value for name, value in sets.items()}
    for name in held:
        if name in state:
            conditions.append(f"{name} = :was_{name}")
            values[f":was_{name}"] = state[name]
        else:
            conditions.append(f"attribute_not_exists({name})")
    changes = ", ".join(f"{name} = :{name}" for name in sets)
    return _update_state(model, f"SET {changes}", " AND ".join(conditions), values)


def _update_state(model: str, change: str, condition: str, values: Mapping[str, object]) -> Item:
    return {
        "Update": {
            "Key": key(model, STATE),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": _values(values),
        }
    }


def _values(values: Mapping[str, object]) -> Item:
    return {name: encode(of) for name, of in values.items()}
