"""Putting versions in service."""

from __future__ import annotations

from perennial.errors import Conflict, UnknownVersion
from perennial.registry.clock import Clock
from perennial.registry.records import Event, Route, RoutedVersion, Version
from perennial.registry.store import Registry

ATTEMPTS = 5


def put_in_service(
    model: str, number: int, *, by: str, reason: str, registry: Registry, clock: Clock
) -> Route:
    """Make a version the champion, and keep the present one to roll back to.

    A version no newer than the champion changes nothing: the route in force comes back. So a
    repeated call is harmless, and of two runs that end at once the newer version stays.

    Raises:
        UnknownVersion: the model has no such version.
        Conflict: others kept changing the route.
        Unavailable: the registry does not answer.
    """
    version = _registered(model, number, registry)
    for remaining in range(ATTEMPTS - 1, -1, -1):
        present = registry.route(model)
        if present is not None and present.champion.number >= number:
            return present
        route = _succeeding(present, version, at=clock(), by=by, reason=reason)
        try:
            return registry.set_route(route, _told(route))
        except Conflict:
            if not remaining:
                raise
    raise AssertionError("the loop returns or raises")


def choose_champion(
    model: str,
    number: int,
    *,
    by: str,
    reason: str,
    expected_revision: int | None = None,
    registry: Registry,
    clock: Clock,
) -> Route:
    """Make any version the champion because a person says so: an older one too.

    The version in service already changes nothing: the route in force comes back. Unlike a
    workflow, a person who lost a race is told, and not carried on: what they saw has changed.

    Args:
        model: whose route.
        number: of the version.
        by: who says so.
        reason: why, for the history.
        expected_revision: of the route they saw; None: whatever is in force now.
        registry: keeps routes.
        clock: gives the present moment.

    Raises:
        UnknownVersion: the model has no such version.
        Conflict: the route is not at that revision, or changed at this very moment.
        Unavailable: the registry does not answer.
    """
    version = _registered(model, number, registry)
    present = registry.route(model)
    revision = present.revision if present else 0
    if expected_revision is not None and expected_revision != revision:
        raise Conflict(f"the route of {model} is at revision {revision}, not {expected_revision}")
    if present is not None and present.champion.number == number:
        return present
    route = _succeeding(present, version, at=clock(), by=by, reason=reason)
    return registry.set_route(route, _told(route))


def _registered(model: str, number: int, registry: Registry) -> Version:
    version = registry.version(model, number)
    if version is None:
        raise UnknownVersion(f"{model} has no version {number}")
    return version


def _succeeding(present: Route | None, version: Version, *, at: str, by: str, reason: str) -> Route:
    return Route(
        model=version.model,
        revision=present.revision + 1 if present else 1,
        champion=RoutedVersion(version.number, version.artifact_digest, version.artifact_uri),
        previous=present.champion if present else None,
        changed_at=at,
        changed_by=by,
        reason=reason,
    )


def _told(route: Route) -> Event:
    """The route's change as a line of history."""
    previous = str(route.previous.number) if route.previous else ""
    return Event(
        model=route.model,
        sequence=0,  # the registry gives it
        at=route.changed_at,
        by=route.changed_by,
        what="route_changed",
        subject=f"route {route.revision}",
        reason=route.reason,
        details={"champion": str(route.champion.number), "previous": previous},
    )
