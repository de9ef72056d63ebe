"""How a route may change, as pure functions: from what is in force to one write of the registry.

Each gives the next route with all that changes beside it, so that they are stored together:

    put in service    champion → previous; a rollout that ran is superseded
    begin a step      the challenger gets a share of the requests, or is asked in the shadow
    promote           challenger → champion → previous
    end a rollout     the champion has all requests again; the challenger may be rejected
    take back         the last good version → champion; the one that served is rejected

The event of a change says enough to make the route again from the history alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from perennial.registry.records import (
    Event,
    Rollout,
    RolloutStatus,
    Route,
    RoutedVersion,
    Version,
    VersionStatus,
)

KEPT = 5  # good versions before the previous one that a route remembers


@dataclass(frozen=True, slots=True)
class Act:
    """Who changes something, when and why."""

    at: str  # ISO 8601, UTC, with milliseconds
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """One write of the registry: the route and all that changes beside it."""

    route: Route
    event: Event
    rollout: Rollout | None = None
    rejected: tuple[int, ...] = ()
    restored: tuple[int, ...] = ()


def put_in_service(
    present: Route | None, version: Version, act: Act, running: Rollout | None = None
) -> Change:
    """The version is the champion and the present one is kept to roll back to.

    A version that was rejected is so no longer. A running rollout ends: promoted when it was this
    version's, else superseded.
    """
    own = running is not None and running.version == version.number
    status = RolloutStatus.PROMOTED if own else RolloutStatus.SUPERSEDED
    return _change(
        "route_changed",
        _first(version, act) if present is None else _succeeded(present, routed(version), act),
        act,
        rollout=running and _ended(running, status, act),
        restored=(version.number,) if version.status is VersionStatus.REJECTED else (),
    )


def begin_step(present: Route, rollout: Rollout, challenger: RoutedVersion, act: Act) -> Change:
    """The route sends the challenger what the rollout's step says.

    Args:
        present: the route in force.
        rollout: as it is to be stored, at its new step.
        challenger: its version.
        act: who, when and why.
    """
    step = rollout.steps[rollout.step]
    shadowed = not step.share
    route = replace(
        present,
        revision=present.revision + 1,
        challenger=None if shadowed else challenger,
        share=step.share,
        shadow=challenger if shadowed else None,
        rollout_id=rollout.rollout_id,
        changed_at=act.at,
        changed_by=act.by,
        reason=act.reason,
    )
    what = "rollout_began" if rollout.revision == 1 else "rollout_step"
    return _change(what, route, act, rollout=rollout)


def promote(present: Route, rollout: Rollout, act: Act) -> Change:
    """The rollout's challenger is the champion.

    Raises:
        ValueError: the route has no challenger of this rollout.
    """
    challenger = present.challenger or present.shadow
    if challenger is None or present.rollout_id != rollout.rollout_id:
        raise ValueError(f"the route of {present.model} has no challenger of this rollout")
    route = _succeeded(present, challenger, act)
    ended = _ended(rollout, RolloutStatus.PROMOTED, act)
    return _change("rollout_ended", route, act, rollout=ended)


def end_rollout(present: Route, rollout: Rollout, status: RolloutStatus, act: Act) -> Change:
    """The champion has all requests again; with status REJECTED the version is rejected too."""
    rejected = (rollout.version,) if status is RolloutStatus.REJECTED else ()
    route = _without(_alone(present, act), rejected)
    return _change(
        "rollout_ended", route, act, rollout=_ended(rollout, status, act), rejected=rejected
    )


def take_back(
    present: Route, target: RoutedVersion, act: Act, running: Rollout | None = None
) -> Change:
    """The target serves in the champion's place, which is rejected; a running rollout ends."""
    rejected = (present.champion.number,)
    good = [one for one in _good(present) if one.number != target.number]
    route = replace(
        _alone(present, act),
        champion=target,
        previous=good[0] if good else None,
        earlier=tuple(good[1:]),
    )
    return _change(
        "rolled_back",
        _without(route, rejected),
        act,
        rollout=running and _ended(running, RolloutStatus.SUPERSEDED, act),
        rejected=rejected,
    )


def routed(version: Version) -> RoutedVersion:
    """What a route says of a version."""
    return RoutedVersion(version.number, version.artifact_digest, version.artifact_uri)


def ways_back(present: Route) -> tuple[RoutedVersion, ...]:
    """The good versions before the champion, the latest first."""
    return tuple(_good(present))


def _good(present: Route) -> list[RoutedVersion]:
    return [one for one in (present.previous, *present.earlier) if one is not None]


def _first(version: Version, act: Act) -> Route:
    return Route(version.model, 1, routed(version), None, act.at, act.by, act.reason)


def _succeeded(present: Route, champion: RoutedVersion, act: Act) -> Route:
    """The route in which another version took the champion's place."""
    good = [one for one in _good(present) if one.number != champion.number]
    return replace(
        _alone(present, act),
        champion=champion,
        previous=present.champion,
        earlier=tuple(good[:KEPT]),
    )


def _alone(present: Route, act: Act) -> Route:
    """The next route, in which the champion answers everything."""
    return replace(
        present,
        revision=present.revision + 1,
        challenger=None,
        share=0.0,
        shadow=None,
        rollout_id="",
        changed_at=act.at,
        changed_by=act.by,
        reason=act.reason,
    )


def _without(route: Route, rejected: Collection[int]) -> Route:
    """A route that does not go back to versions that were rejected."""
    good = [one for one in _good(route) if one.number not in rejected]
    return replace(route, previous=good[0] if good else None, earlier=tuple(good[1:]))


def _ended(rollout: Rollout, status: RolloutStatus, act: Act) -> Rollout:
    return replace(
        rollout,
        revision=rollout.revision + 1,
        status=status,
        updated_at=act.at,
        reason=act.reason,
    )


def _change(
    what: str,
    route: Route,
    act: Act,
    *,
    rollout: Rollout | None = None,
    rejected: tuple[int, ...] = (),
    restored: tuple[int, ...] = (),
) -> Change:
    details = {
        **_of_route(route),
        **(of_rollout(rollout) if rollout else {}),
        **({"rejected": _listed(rejected)} if rejected else {}),
        **({"restored": _listed(restored)} if restored else {}),
    }
    subject = f"route {route.revision}"
    event = Event(route.model, 0, act.at, act.by, what, subject, act.reason, details)
    return Change(route, event, rollout, rejected, restored)


def _of_route(route: Route) -> dict[str, str]:
    """The route in the details of its event; what there is not is left out, but `previous`."""
    said = {
        "champion": str(route.champion.number),
        "previous": str(route.previous.number) if route.previous else "",
    }
    if route.earlier:
        said["earlier"] = _listed(one.number for one in route.earlier)
    if route.challenger:
        said |= {"challenger": str(route.challenger.number), "share": repr(route.share)}
    if route.shadow:
        said["shadow"] = str(route.shadow.number)
    return said


def of_rollout(rollout: Rollout) -> dict[str, str]:
    """The rollout in the details of an event."""
    return {
        "rollout": rollout.rollout_id,
        "rollout_status": rollout.status.value,
        "rollout_version": str(rollout.version),
        "step": str(rollout.step),
    }


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)
