"""Changing which version serves: into service, by a person's choice, and back.

Each function reads, decides by `perennial.registry.transitions` and writes on condition that
nothing has changed since. Rollouts are changed by `perennial.registry.staging`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from perennial.errors import (
    Conflict,
    ModelNotTrained,
    NowhereToGo,
    UnknownVersion,
    VersionRejected,
)
from perennial.registry import transitions
from perennial.registry.clock import Clock
from perennial.registry.records import (
    Rollout,
    Route,
    RoutedVersion,
    Version,
    VersionStatus,
)
from perennial.registry.store import Registry
from perennial.registry.transitions import Act, Change

ATTEMPTS = 5
T = TypeVar("T")


def put_in_service(
    model: str, number: int, *, by: str, reason: str, registry: Registry, clock: Clock
) -> Route:
    """Make a version the champion, and keep the present one to roll back to.

    A version no newer than the champion changes nothing, nor does one that was rejected, nor one
    older than the version of a running rollout: the route in force comes back. So a repeated call
    is harmless, and of two runs that end at once the newer version stays. A rollout of an older
    version is superseded.

    Raises:
        UnknownVersion: the model has no such version.
        VersionRejected: it was rejected, and no other is in service.
        Conflict: others kept changing the route.
        Unavailable: the registry does not answer.
    """

    def attempt() -> Route:
        version = registered(model, number, registry)
        present = registry.route(model)
        running = running_rollout(present, registry)
        if present is None and version.status is VersionStatus.REJECTED:
            raise VersionRejected(f"version {number} of {model} was rejected")
        if present is not None and _stays(present, running, version):
            return present
        act = Act(clock(), by, reason)
        return written(transitions.put_in_service(present, version, act, running), registry)

    return settled(attempt)


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
    """Make any version the champion because a person says so: an older or a rejected one too.

    The version in service already changes nothing: the route in force comes back. Unlike a
    workflow, a person who lost a race is told, and not carried on: what they saw has changed. A
    running rollout ends.

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
    present = registry.route(model)
    check_revision(model, present, expected_revision)
    version = registered(model, number, registry)
    if present is not None and present.champion.number == number:
        return present
    running = running_rollout(present, registry)
    act = Act(clock(), by, reason)
    return written(transitions.put_in_service(present, version, act, running), registry)


def roll_back(
    model: str,
    from_version: int,
    to_version: int | None = None,
    *,
    by: str,
    reason: str,
    expected_revision: int | None = None,
    registry: Registry,
    clock: Clock,
) -> Route:
    """Take the champion back and reject it; the last good version serves instead.

    Where another version serves already this changes nothing: the route in force comes back, so
    it may be repeated, and a late repetition does not take back what came after. A running
    rollout ends with it.

    Args:
        model: whose route.
        from_version: the champion that is to serve no longer.
        to_version: what is to serve instead; None: what served well before.
        by: who says so, a person or an alarm.
        reason: why, for the history.
        expected_revision: of the route that was seen; None: whatever is in force now.
        registry: keeps routes.
        clock: gives the present moment.

    Raises:
        ModelNotTrained: the model has no version in service.
        NowhereToGo: no good version is left; nothing has changed.
        UnknownVersion: there is no version of the number `to_version`.
        VersionRejected: it was rejected itself.
        Conflict: the route is not at that revision, or others kept changing it.
        Unavailable: the registry does not answer.
    """

    def attempt() -> Route:
        present = registry.route(model)
        check_revision(model, present, expected_revision)
        if present is None:
            raise ModelNotTrained(f"{model} has no version in service")
        if present.champion.number != from_version:
            return present
        target = _target(present, to_version, registry)
        running = running_rollout(present, registry)
        act = Act(clock(), by, reason)
        return written(transitions.take_back(present, target, act, running), registry)

    return settled(attempt, attempts=1 if expected_revision is not None else ATTEMPTS)


def _stays(present: Route, running: Rollout | None, version: Version) -> bool:
    """Whether the route in force stays as it is though a run brought this version."""
    return (
        present.champion.number >= version.number
        or version.status is VersionStatus.REJECTED
        or (running is not None and running.version > version.number)
    )


def _target(present: Route, wanted: int | None, registry: Registry) -> RoutedVersion:
    """What to roll back to."""
    model, champion = present.model, present.champion.number
    if wanted is None:
        for one in transitions.ways_back(present):
            if registered(model, one.number, registry).status is not VersionStatus.REJECTED:
                return one
        raise NowhereToGo(f"version {champion} of {model} has no good one before it")
    if wanted == champion:
        raise NowhereToGo(f"version {champion} of {model} is what is to be taken back")
    version = registered(model, wanted, registry)
    if version.status is VersionStatus.REJECTED:
        raise VersionRejected(f"version {wanted} of {model} was rejected")
    return transitions.routed(version)


def registered(model: str, number: int, registry: Registry) -> Version:
    """A version that must exist.

    Raises:
        UnknownVersion: it does not.
    """
    version = registry.version(model, number)
    if version is None:
        raise UnknownVersion(f"{model} has no version {number}")
    return version


def running_rollout(present: Route | None, registry: Registry) -> Rollout | None:
    """The rollout that the route in force belongs to."""
    if present is None or not present.rollout_id:
        return None
    return registry.rollout(present.model, present.rollout_id)


def check_revision(model: str, present: Route | None, expected: int | None) -> None:
    """Hold a route against what somebody saw of it.

    Raises:
        Conflict: it has changed since.
    """
    revision = present.revision if present else 0
    if expected is not None and expected != revision:
        raise Conflict(f"the route of {model} is at revision {revision}, not {expected}")


def written(change: Change, registry: Registry) -> Route:
    """Store a change.

    Raises:
        Conflict: the route or the rollout has changed since it was read.
    """
    return registry.set_route(
        change.route,
        change.event,
        rollout=change.rollout,
        rejected=change.rejected,
        restored=change.restored,
    )


def settled(attempt: Callable[[], T], attempts: int = ATTEMPTS) -> T:
    """Read, decide and write anew while somebody else is faster.

    Raises:
        Conflict: they were, every time.
    """
    for remaining in range(attempts - 1, -1, -1):
        try:
            return attempt()
        except Conflict:
            if not remaining:
                raise
    raise AssertionError("the loop returns or raises")
