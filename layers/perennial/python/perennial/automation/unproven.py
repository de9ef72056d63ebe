"""What the history says against the version in service: golden rows it did not answer."""

from __future__ import annotations

from perennial.registry.records import Route
from perennial.registry.store import Registry

PROVEN, UNPROVEN = "route_proven", "route_unproven"  # what proofs are called in the history
_RECENT = 20  # lines of history since the route changed


def unproven(route: Route, registry: Registry) -> str:
    """Why the last proof of a route failed, as a sentence; empty: it did not.

    A proof of another revision says nothing of this one. A person who lets automation go on has
    seen what was proven until then, so that it counts no more.

    Raises:
        Unavailable: the registry does not answer.
    """
    for event in registry.events(route.model, _RECENT):
        if event.what == "automation_resumed":
            return ""
        if event.subject != f"route {route.revision}":
            continue
        if event.what == PROVEN:
            return ""
        if event.what == UNPROVEN:
            return f"version {route.champion.number} could not be proven: {event.reason}"
    return ""
