"""What a person may do to a rollout: pause it, let it go on, take the next step, or end it."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TypedDict

from perennial.errors import Conflict, ModelNotTrained, NoRollout
from perennial.registry.clock import Clock
from perennial.registry.queue import Workflow
from perennial.registry.records import Event, Rollout, RolloutStatus
from perennial.registry.staging import begin_step, end_rollout, known_rollout, note, promote
from perennial.registry.store import Registry
from perennial.registry.transitions import of_rollout
from perennial.rollout.admission import Door
from perennial.rollout.beginning import start
from perennial.rollout.plan import rollout_id_of
from perennial.spec.approval import Approval


class _Acts(TypedDict):
    """Who changes something and why, and where it is kept."""

    by: str
    reason: str
    registry: Registry
    clock: Clock


class Action(StrEnum):
    """What is asked for."""

    PAUSE = "pause"  # stay at this step, and stop judging
    RESUME = "resume"  # judge this step again
    # Go on to the next step, whatever the judge thinks; after the last, into service. A version
    # that people have yet to approve goes on once they have.
    ADVANCE = "advance"
    END = "end"  # the champion answers everything again; the version is not rejected


def intervene(
    model: str,
    action: Action,
    approval: Approval,
    *,
    by: str,
    reason: str,
    registry: Registry,
    workflow: Workflow,
    clock: Clock,
    seen: int | None = None,
) -> Rollout:
    """Do what a person wants to the rollout of a model that is under way.

    A wish to advance that says which step was seen may be repeated: it is granted once, and its
    workflow is started should the first attempt have died before that.

    Args:
        model: whose rollout.
        action: what is wanted.
        approval: who lets a version into service, by the spec as it is deployed now.
        by: who wants it.
        reason: why, for the history.
        registry: keeps routes and rollouts.
        workflow: of rollouts.
        clock: gives the present moment.
        seen: the step they saw, from 1: so that a repeated wish does not go two steps; None: any.

    Raises:
        ModelNotTrained: the model has no version in service.
        NoRollout: none is under way.
        NotApproved: people have decided not to let the version in.
        Conflict: it is at another step, or others kept changing it.
        Unavailable: a service does not answer.
    """
    granted = _granted(model, seen, reason, registry) if action is Action.ADVANCE else None
    if granted is not None:
        start(granted, workflow, anew=True)
        return granted
    rollout = under_way(model, registry)
    if seen is not None and seen != rollout.step + 1:
        raise Conflict(f"the rollout of {model} is at step {rollout.step + 1}, not {seen}")
    acts: _Acts = {"by": by, "reason": reason, "registry": registry, "clock": clock}
    if action is Action.PAUSE:
        return note(model, rollout.rollout_id, RolloutStatus.PAUSED, **acts)
    if action is Action.END:
        return end_rollout(model, rollout.rollout_id, RolloutStatus.ENDED, **acts)
    door = Door(approval, registry, clock)
    if action is Action.ADVANCE and not door.open(rollout, rollout.step + 1):
        rollout = door.hold(rollout, by=by)
        start(rollout, workflow, anew=True)
        return rollout
    if rollout.status is not RolloutStatus.RUNNING:
        rollout = _resumed(rollout, **acts)
    if action is Action.ADVANCE:
        rollout = _advanced(rollout, **acts)
    start(rollout, workflow, anew=True)
    return rollout


def _granted(model: str, seen: int | None, reason: str, registry: Registry) -> Rollout | None:
    """The latest rollout of a model if the very wish to go on from a step has moved it already."""
    route = registry.route(model)
    if route is None or seen is None:
        return None
    latest = route.rollout_id or rollout_id_of(model, route.champion.number)
    rollout = registry.rollout(model, latest)
    if rollout is None or rollout.reason != reason:
        return None
    if rollout.status is RolloutStatus.PROMOTED:
        return rollout if seen == len(rollout.steps) else None
    moved = rollout.status is RolloutStatus.RUNNING and rollout.step == seen
    return rollout if moved else None


def under_way(model: str, registry: Registry) -> Rollout:
    """The rollout of a model that has not ended.

    Raises:
        ModelNotTrained: the model has no version in service.
        NoRollout: there is none.
    """
    route = registry.route(model)
    if route is None:
        raise ModelNotTrained(f"{model} has no version in service")
    if not route.rollout_id:
        raise NoRollout(f"no rollout of {model} is under way")
    return known_rollout(model, route.rollout_id, registry)


def _resumed(
    rollout: Rollout, *, by: str, reason: str, registry: Registry, clock: Clock
) -> Rollout:
    """At the same step, which bakes anew: what was seen before the pause is looked at no more."""
    at = clock()
    resumed = replace(
        rollout,
        revision=rollout.revision + 1,
        status=RolloutStatus.RUNNING,
        step_began_at=at,
        updated_at=at,
        reason=reason,
    )
    subject = f"rollout {rollout.rollout_id}"
    event = Event(rollout.model, 0, at, by, "rollout_resumed", subject, reason, of_rollout(resumed))
    return registry.save_rollout(resumed, event)


def _advanced(
    rollout: Rollout, *, by: str, reason: str, registry: Registry, clock: Clock
) -> Rollout:
    following = rollout.step + 1
    acts: _Acts = {"by": by, "reason": reason, "registry": registry, "clock": clock}
    if following == len(rollout.steps):
        return promote(rollout.model, rollout.rollout_id, **acts)
    return begin_step(rollout.model, rollout.rollout_id, following, **acts)
