"""The history of models: events in a partition of their own, which nobody may update or delete.

Events older than that partition lie among the other items of their model and are read there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perennial.adapters.aws import client
from perennial.adapters.dynamodb_items import (
    EVENTS,
    STATE,
    Item,
    about_key,
    decode,
    event_index,
    event_item,
    event_of,
    event_sort,
    history_key,
    indexed_at,
    model_key,
)
from perennial.adapters.dynamodb_table import Table, until_settled
from perennial.adapters.dynamodb_writes import count_on, put_new
from perennial.registry.chain import Head, follow
from perennial.registry.records import Event

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoHistory:
    """The methods of `perennial.registry.store.Registry` about what has happened."""

    def __init__(self, table: str, dynamodb: DynamoDBClient | None = None) -> None:
        made: Any = dynamodb if dynamodb is not None else client("dynamodb")
        self._table = Table(made, table)

    def tell(self, event: Event) -> None:
        """Put the next event of the model."""
        until_settled(lambda: self._table.transact(*self._told(event)))

    def head(self, model: str) -> Head:
        """Where the history of a model ends."""
        return head_in(self._state(model))

    def event(self, model: str, sequence: int) -> Event | None:
        """One event."""
        sort = event_sort(sequence)
        for partition in (history_key(model), model_key(model)):
            item = self._table.at(partition, sort)
            if item is not None:
                return event_of(item)
        return None

    def events(self, model: str, limit: int = 100) -> Sequence[Event]:
        """History of a model, newest first."""
        found = list(self._table.last(history_key(model), EVENTS, limit))
        if len(found) < limit:
            found += self._table.last(model_key(model), EVENTS, limit - len(found))
        return [event_of(item) for item in found]

    def history(self, model: str, first: int = 1, last: int | None = None) -> Iterator[Event]:
        """Events in the order in which they took place, page by page."""
        for item in self._stored(model, first, last):
            yield event_of(item)

    def indexed_history(self, model: str, first: int = 1) -> Iterator[tuple[Event, bool]]:
        """The same to its end, with whether the index lists each event where it belongs."""
        for item in self._stored(model, first, None):
            event = event_of(item)
            yield event, indexed_at(item, event_index(event))

    def events_about(
        self, model: str, version: int, limit: int = 100, last: int | None = None
    ) -> Sequence[Event]:
        """What happened to one version before all others, newest first."""
        end = None if last is None else event_sort(last)
        listed = self._table.listed(about_key(model, version), limit, end)
        return [event_of(item) for item in listed]

    def _stored(self, model: str, first: int, last: int | None) -> Iterator[Item]:
        low, high = event_sort(first), event_sort(10**10 - 1 if last is None else last)
        if low > high:
            return
        for partition in (model_key(model), history_key(model)):
            yield from self._table.between(partition, low, high)

    def _told(self, event: Event | None) -> list[Item]:
        """The writes that add an event to the history of its model."""
        if event is None:
            return []
        state = self._state(event.model)
        told = follow(event, head_in(state))
        return [count_on(event.model, state, event=told), put_new(event_item(told))]

    def _state(self, model: str) -> dict[str, Any]:
        """The counters, the head of the history and the training slot of a model."""
        item = self._table.get(model, STATE) or {}
        return {name: decode(of) for name, of in item.items()}


def head_in(state: Mapping[str, Any]) -> Head:
    """The head of a history, in the state of its model."""
    return Head(
        state.get("last_event", 0), state.get("last_digest", ""), state.get("last_serving", 0)
    )
