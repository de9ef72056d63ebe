"""Events on their way to EventBridge, delivered in order by one thread."""

import json
import logging
import queue
import threading
from dataclasses import dataclass
from typing import Any

from emulator import seams

_log = logging.getLogger("emulator.events")


@dataclass(frozen=True)
class Event:
    """An event an AWS service puts on the default bus."""

    account: str
    region: str
    source: str
    detail_type: str
    detail: dict[str, Any]
    resources: tuple[str, ...]


class Outbox:
    """Keeps a sender, who may hold locks, apart from the rules and targets an event reaches."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        threading.Thread(target=self._deliver, name="outbox", daemon=True).start()

    def send(self, event: Event) -> None:
        """Queue an event; returns at once."""
        self._events.put(event)

    def _deliver(self) -> None:
        while True:
            event = self._events.get()
            entry = {
                "Source": event.source,
                "DetailType": event.detail_type,
                "Detail": json.dumps(event.detail),
                "Resources": list(event.resources),
            }
            try:
                with seams.scope(event.account, event.region):
                    put = seams.get("services.eventbridge:_put_events")
                    put({"Entries": [entry]}, allow_aws_source=True)
            except Exception:
                _log.exception("event not delivered: %s", event.detail_type)


OUTBOX = Outbox()
