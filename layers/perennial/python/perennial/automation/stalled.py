"""Rollouts that nobody takes a step of any more: they are taken up where they stand."""

from __future__ import annotations

from datetime import datetime, timedelta

from perennial.automation.ports import Ports
from perennial.registry.records import Rollout, RolloutStatus
from perennial.rollout.beginning import name_again, start_again
from perennial.rollout.plan import MOST_LOOKS
from perennial.spec import ModelSpec
from perennial.spec.duration import seconds

_ABORTED = "ABORTED"  # somebody stopped the execution, who did not want it to go on
_LOOKS = 3  # that were due and did not come
_LATE = timedelta(minutes=15)  # for a look itself, and its attempts


def take_up(
    model: str, rollout_id: str, execution: str, status: str, ports: Ports
) -> Rollout | None:
    """Start the workflow of a rollout whose execution did not end by itself.

    Args:
        model: whose.
        rollout_id: which.
        execution: the name of what broke off.
        status: how it ended.
        ports: the outside.

    Returns:
        The rollout that goes on; None: a person is needed, since somebody stopped it, or it broke
        where it was taken up before.

    Raises:
        Unavailable: a service does not answer; calling again does it.
    """
    rollout = ports.registry.rollout(model, rollout_id)
    if rollout is None or status == _ABORTED or execution == name_again(rollout):
        return None
    start_again(rollout, ports.rollout)
    return rollout


def stalled(rollout: Rollout | None, spec: ModelSpec, at: str) -> bool:
    """Whether several looks at a rollout were due that nobody took.

    Each look is written down, so a rollout that goes on never looks like this. One whose workflow
    was never started, because what began it died before, does.

    Args:
        rollout: under way, if any.
        spec: says how often it is looked at.
        at: the present moment, ISO 8601.
    """
    if rollout is None or rollout.status is not RolloutStatus.RUNNING:
        return False
    bake = rollout.steps[rollout.step].bake_seconds * len(rollout.steps) / MOST_LOOKS
    between = timedelta(seconds=max(seconds(spec.rollout.check_every), bake))
    silent = datetime.fromisoformat(at) - datetime.fromisoformat(rollout.updated_at)
    return silent > _LOOKS * between + _LATE
