"""Rollouts: a version on its way into service, step by step, and how that ends.

Route and rollout change in one write, so that they never disagree. Each function may be repeated:
what has happened already changes nothing, and what is there comes back.
"""

from __future__ import annotations

from dataclasses import replace

from perennial.errors import Conflict, ModelNotTrained, VersionRejected
from perennial.registry import transitions
from perennial.registry.clock import Clock
from perennial.registry.records import Event, Rollout, RolloutStatus, Route, VersionStatus
from perennial.registry.routing import registered, running_rollout, settled, written
from perennial.registry.store import Registry
from perennial.registry.transitions import Act


def begin_rollout(rollout: Rollout, *, registry: Registry, clock: Clock) -> Rollout:
    """Begin a rollout with its first step; one of an older version that runs is superseded.

    Args:
        rollout: as it is to begin: revision 1, RUNNING, at step 0. Its times, and whom it
            challenges, are set anew.
        registry: keeps routes and rollouts.
        clock: gives the present moment.

    Raises:
        UnknownVersion: the model has no such version.
        VersionRejected: the version was rejected.
        ModelNotTrained: the model has no version in service that could be challenged.
        Conflict: the version is no newer than the champion, or than the version of a rollout
            that runs; or others kept changing the route.
        Unavailable: the registry does not answer.
    """

    def attempt() -> Rollout:
        known = registry.rollout(rollout.model, rollout.rollout_id)
        if known is not None:
            return known
        version = registered(rollout.model, rollout.version, registry)
        if version.status is VersionStatus.REJECTED:
            raise VersionRejected(f"version {version.number} of {version.model} was rejected")
        present = _challengeable(rollout, registry, clock)
        at = clock()
        begun = replace(
            rollout,
            champion=present.champion.number,
            step_began_at=at,
            began_at=at,
            updated_at=at,
        )
        act = Act(at, rollout.began_by, rollout.reason)
        challenger = transitions.routed(version)
        written(transitions.begin_step(present, begun, challenger, act), registry)
        return begun

    return settled(attempt)


def begin_step(
    model: str,
    rollout_id: str,
    step: int,
    *,
    by: str,
    reason: str,
    findings: str = "",
    registry: Registry,
    clock: Clock,
) -> Rollout:
    """Go on to a step. A rollout that is there already, paused or at its end stays as it is.

    Raises:
        LookupError: there is no such rollout, or it has no such step.
        Conflict: others kept changing the route or the rollout.
        Unavailable: the registry does not answer.
    """

    def attempt() -> Rollout:
        rollout = known_rollout(model, rollout_id, registry)
        if step >= len(rollout.steps):
            raise LookupError(f"the rollout has no step {step}")
        if rollout.status is not RolloutStatus.RUNNING or rollout.step >= step:
            return rollout
        present = _route_of(rollout, registry)
        at = clock()
        moved = replace(
            rollout,
            revision=rollout.revision + 1,
            step=step,
            step_began_at=at,
            updated_at=at,
            reason=reason,
            findings=findings,
        )
        challenger = present.challenger or present.shadow
        if challenger is None:
            raise Conflict(f"the route of {model} has no challenger")
        act = Act(at, by, reason)
        written(transitions.begin_step(present, moved, challenger, act), registry)
        return moved

    return settled(attempt)


def promote(
    model: str,
    rollout_id: str,
    *,
    by: str,
    reason: str,
    findings: str = "",
    registry: Registry,
    clock: Clock,
) -> Rollout:
    """Make the challenger the champion. A rollout at its end, or paused, stays as it is.

    Raises: as `begin_step`.
    """

    def attempt() -> Rollout:
        rollout = known_rollout(model, rollout_id, registry)
        if rollout.status is not RolloutStatus.RUNNING:
            return rollout
        present = _route_of(rollout, registry)
        found = replace(rollout, findings=findings or rollout.findings)
        change = transitions.promote(present, found, Act(clock(), by, reason))
        written(change, registry)
        return change.rollout or found

    return settled(attempt)


def end_rollout(
    model: str,
    rollout_id: str,
    status: RolloutStatus,
    *,
    by: str,
    reason: str,
    findings: str = "",
    registry: Registry,
    clock: Clock,
) -> Rollout:
    """Give the champion all requests again. A rollout at its end stays as it is.

    Args:
        model: whose rollout.
        rollout_id: which.
        status: REJECTED rejects the version too; ENDED and SUPERSEDED do not.
        by: who ends it.
        reason: why.
        findings: what the judge saw, as JSON.
        registry: keeps routes and rollouts.
        clock: gives the present moment.

    Raises:
        ValueError: the status is no such end.
        LookupError: there is no such rollout.
        Conflict: others kept changing the route or the rollout.
        Unavailable: the registry does not answer.
    """
    if not status.final or status is RolloutStatus.PROMOTED:
        raise ValueError(f"{status.value} does not end a rollout without its challenger")

    def attempt() -> Rollout:
        rollout = known_rollout(model, rollout_id, registry)
        if rollout.status.final:
            return rollout
        present = _route_of(rollout, registry)
        found = replace(rollout, findings=findings or rollout.findings)
        change = transitions.end_rollout(present, found, status, Act(clock(), by, reason))
        written(change, registry)
        return change.rollout or found

    return settled(attempt)


def note(
    model: str,
    rollout_id: str,
    status: RolloutStatus,
    *,
    by: str,
    reason: str,
    findings: str = "",
    step: int | None = None,
    registry: Registry,
    clock: Clock,
) -> Rollout:
    """Pause a rollout, let it go on, or keep what the judge saw; the requests stay as they are.

    A change of status is told in the history; a look of the judge is not. A rollout at its end
    stays as it is, and so does one that has left the `step` this is about.

    Raises:
        ValueError: the status is an end.
        LookupError: there is no such rollout.
        Conflict: others kept changing it.
        Unavailable: the registry does not answer.
    """
    if status.final:
        raise ValueError(f"{status.value} is an end")

    def attempt() -> Rollout:
        rollout = known_rollout(model, rollout_id, registry)
        said = replace(rollout, status=status, reason=reason, findings=findings or rollout.findings)
        left = step is not None and rollout.step != step
        if rollout.status.final or left or said == rollout:
            return rollout
        at = clock()
        noted = replace(said, revision=rollout.revision + 1, updated_at=at)
        told = _told(noted, Act(at, by, reason)) if rollout.status is not status else None
        return registry.save_rollout(noted, told)

    return settled(attempt)


def known_rollout(model: str, rollout_id: str, registry: Registry) -> Rollout:
    """A rollout that must exist.

    Raises:
        LookupError: it does not.
    """
    rollout = registry.rollout(model, rollout_id)
    if rollout is None:
        raise LookupError(f"{model} has no rollout {rollout_id}")
    return rollout


def _challengeable(rollout: Rollout, registry: Registry, clock: Clock) -> Route:
    """The route a rollout can begin on; another one that runs is superseded first."""
    present = registry.route(rollout.model)
    if present is None:
        raise ModelNotTrained(f"{rollout.model} has no version in service")
    running = running_rollout(present, registry)
    newest = max(present.champion.number, running.version if running else 0)
    if rollout.version <= newest:
        raise Conflict(f"version {rollout.version} of {rollout.model} is not newer than {newest}")
    if running is None:
        return present
    act = Act(clock(), rollout.began_by, f"version {rollout.version} came")
    ended = transitions.end_rollout(present, running, RolloutStatus.SUPERSEDED, act)
    return written(ended, registry)


def _route_of(rollout: Rollout, registry: Registry) -> Route:
    """The route in force, which must belong to the rollout: both change in one write."""
    present = registry.route(rollout.model)
    if present is None or present.rollout_id != rollout.rollout_id:
        raise Conflict(f"the route of {rollout.model} changed at this very moment")
    return present


def _told(rollout: Rollout, act: Act) -> Event:
    paused = rollout.status is RolloutStatus.PAUSED
    return Event(
        rollout.model,
        0,  # the registry gives it
        act.at,
        act.by,
        "rollout_paused" if paused else "rollout_resumed",
        f"rollout {rollout.rollout_id}",
        act.reason,
        transitions.of_rollout(rollout),
    )
