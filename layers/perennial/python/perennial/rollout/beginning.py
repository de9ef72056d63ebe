"""How a registered version comes into service: at once, or by a rollout that begins here."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.errors import Conflict, VersionRejected
from perennial.registry.clock import Clock
from perennial.registry.queue import Workflow
from perennial.registry.records import Rollout, RolloutStatus, Route
from perennial.registry.routing import put_in_service
from perennial.registry.staging import begin_rollout
from perennial.registry.store import Registry
from perennial.rollout.plan import rollout_id_of, steps_of
from perennial.spec.rollout import Rollout as Rules


@dataclass(frozen=True, slots=True)
class Introduced:
    """What became of a version that is to come into service.

    Attributes:
        route: in force now.
        rollout: that the version goes through; None where it needs none.
    """

    route: Route
    rollout: Rollout | None


def introduce(
    model: str,
    version: int,
    rules: Rules,
    *,
    by: str,
    reason: str,
    registry: Registry,
    workflow: Workflow,
    clock: Clock,
) -> Introduced:
    """Put a version in service, or begin its rollout and start the workflow that goes on with it.

    The first version of a model, and any without stages in its spec, serves at once. Of two that
    come at once the newer one is rolled out; a rollout of an older one that runs is superseded.
    Repeating this begins nothing twice, and starts a workflow that a crash kept from starting.

    Args:
        model: whose version.
        version: registered before.
        rules: of the model's spec.
        by: who wants it in service.
        reason: why.
        registry: keeps routes and rollouts.
        workflow: of rollouts.
        clock: gives the present moment.

    Raises:
        UnknownVersion: the model has no such version.
        VersionRejected: it was rejected, and no other is in service.
        Conflict: others kept changing the route.
        Unavailable: a service does not answer; calling again takes up where this stopped.
    """
    steps = steps_of(rules)
    present = registry.route(model)
    if present is None or not steps:
        route = put_in_service(model, version, by=by, reason=reason, registry=registry, clock=clock)
        return Introduced(route, None)
    at = clock()
    planned = Rollout(
        model=model,
        rollout_id=rollout_id_of(model, version),
        revision=1,
        status=RolloutStatus.RUNNING,
        version=version,
        champion=present.champion.number,
        steps=steps,
        step=0,
        step_began_at=at,
        began_at=at,
        began_by=by,
        updated_at=at,
        reason=reason,
    )
    rollout = _begun(planned, registry, clock)
    if rollout is not None and rollout.status is RolloutStatus.RUNNING:
        start(rollout, workflow)
    return Introduced(registry.route(model) or present, rollout)


def start(rollout: Rollout, workflow: Workflow, *, anew: bool = False) -> str:
    """Start the workflow that takes a rollout's steps; its execution's id.

    Args:
        rollout: which runs.
        workflow: of rollouts.
        anew: after a pause: the first execution of this rollout has ended.
    """
    name = f"{rollout.rollout_id}-{rollout.revision}" if anew else rollout.rollout_id
    return workflow.start(name, {"model": rollout.model, "rollout_id": rollout.rollout_id})


def start_again(rollout: Rollout, workflow: Workflow) -> str:
    """Start the workflow of a rollout whose execution broke off; its execution's id.

    Only once for each thing that the rollout has come to: what breaks again at the same place
    would do so for ever.
    """
    told = {"model": rollout.model, "rollout_id": rollout.rollout_id}
    return workflow.start(name_again(rollout), told)


def name_again(rollout: Rollout) -> str:
    """The name of the execution that takes up a rollout where it stands."""
    return f"{rollout.rollout_id}-{rollout.revision}-again"


def _begun(planned: Rollout, registry: Registry, clock: Clock) -> Rollout | None:
    """The rollout of a version; None where a newer one serves or comes, or it was rejected."""
    try:
        return begin_rollout(planned, registry=registry, clock=clock)
    except VersionRejected:
        return None
    except Conflict:
        present = registry.route(planned.model)
        running = present and present.rollout_id
        other = registry.rollout(planned.model, running) if running else None
        newest = max(present.champion.number if present else 0, other.version if other else 0)
        if planned.version <= newest:
            return None
        raise
