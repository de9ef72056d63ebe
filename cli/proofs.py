"""Waits for the proof of a route, which stands in the history."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from perennial.registry.records import Event
    from perennial.registry.store import Registry

PAUSE = 0.5  # seconds between two looks
PROVEN, UNPROVEN = "route_proven", "route_unproven"


def awaited(store: Registry, model: str, revision: int, seconds: float) -> Event:
    """The line of history that says whether a route, or a later one, was proven.

    Raises:
        CommandError: there was none in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        for event in store.events(model, 20):
            if event.what in (PROVEN, UNPROVEN) and _revision(event) >= revision:
                return event
        if time.monotonic() > deadline:
            raise CommandError(
                f"The route of {model} has changed, and was not proven within {seconds:g} seconds.",
                advice="`perennial logs prove` tells more.",
                code=Exit.TIMEOUT,
            )
        time.sleep(PAUSE)


def _revision(event: Event) -> int:
    """Of the route an event is about."""
    return int(event.subject.rpartition(" ")[2])
