"""What became of the last retraining: a version in service, or one more failure."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.automation.unproven import unproven
from perennial.registry.records import ApprovalStatus, Route, Run, RunStatus, VersionStatus
from perennial.registry.records import RolloutStatus as Status
from perennial.registry.store import Registry


@dataclass(frozen=True, slots=True)
class Account:
    """How a retraining ended.

    Attributes:
        serves: whether its version came into service; None: it does not matter (a person ended
            its rollout, or a newer version was there first).
        sentence: what people are told, without a full stop at the end.
    """

    serves: bool | None
    sentence: str


def account(model: str, run_id: str, route: Route | None, registry: Registry) -> Account | None:
    """How a retraining ended, or None: it is under way.

    Args:
        model: whose.
        run_id: of its run; what is no run is still being gathered for.
        route: in force.
        registry: keeps runs, versions and rollouts.

    Raises:
        Unavailable: the registry does not answer.
    """
    run = registry.run(model, run_id)
    if run is None or not run.status.final:
        return None
    if run.status is not RunStatus.SUCCEEDED or run.version is None:
        why = f": {run.reason}" if run.reason else ""
        return Account(False, f"the training run {run_id[:12]} ended {run.status.value}{why}")
    return _of_version(run, run.version, route, registry)


def _of_version(run: Run, number: int, route: Route | None, registry: Registry) -> Account | None:
    if route is not None and route.champion.number == number:
        if why := unproven(route, registry):
            return Account(False, why)
        return Account(True, f"version {number}, trained anew, is in service")
    approval = registry.approval(run.model, number)
    if approval is not None and approval.status is ApprovalStatus.PENDING:
        return None
    rollout = next((one for one in registry.rollouts(run.model) if one.version == number), None)
    if rollout is not None and not rollout.status.final:
        return None
    if rollout is not None and rollout.status is Status.PROMOTED:
        return Account(True, f"version {number}, trained anew, came into service")
    version = registry.version(run.model, number)
    if version is not None and version.status is VersionStatus.REJECTED:
        said = (rollout and rollout.reason) or (approval and approval.reason)
        why = f": {said}" if said else ""
        return Account(False, f"version {number}, trained anew, was rejected{why}")
    return Account(None, f"version {number}, trained anew, was not put in service")
