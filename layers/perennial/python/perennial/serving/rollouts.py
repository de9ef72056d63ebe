"""What the API says about rollouts: where one stands, what was seen, and when it is looked at."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from perennial.registry.records import Rollout, RolloutStep, Route

LISTED = 10  # rollouts that are told of, the one under way among them


def document(model: str, route: Route | None, rollouts: Iterable[Rollout]) -> dict[str, Any]:
    """The rollout under way, if any, and the latest ones.

    Args:
        model: whose.
        route: in force; names the rollout under way.
        rollouts: the latest, newest first.
    """
    known = {rollout.rollout_id: rollout for rollout in rollouts}
    present = known.pop(route.rollout_id, None) if route and route.rollout_id else None
    return {
        "model": model,
        "rollout": _whole(present) if present else None,
        "earlier": [_whole(rollout) for rollout in known.values()],
    }


def _whole(rollout: Rollout) -> dict[str, Any]:
    step = rollout.steps[rollout.step]
    return {
        "rollout_id": rollout.rollout_id,
        "status": rollout.status.value,
        "version": rollout.version,
        "champion": rollout.champion,
        "strategy": step.strategy,
        "share": step.share,
        "step": rollout.step + 1,
        "steps": [_step(one) for one in rollout.steps],
        "began_at": rollout.began_at,
        "began_by": rollout.began_by,
        "step_began_at": rollout.step_began_at,
        "updated_at": rollout.updated_at,
        "reason": rollout.reason,
        "findings": json.loads(rollout.findings) if rollout.findings else None,
    }


def _step(step: RolloutStep) -> dict[str, Any]:
    return {
        "strategy": step.strategy,
        "share": step.share,
        "bake_seconds": step.bake_seconds,
        "minimum_requests": step.minimum_requests,
    }
