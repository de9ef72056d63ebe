"""Which steps a version goes through on its way into service, and what its rollout is called."""

from __future__ import annotations

from perennial.registry.records import RolloutStep
from perennial.spec.duration import seconds
from perennial.spec.rollout import Rollout

# An execution of the workflow keeps 25,000 events at most, and a look takes about ten.
MOST_LOOKS = 2_000


def steps_of(rollout: Rollout) -> tuple[RolloutStep, ...]:
    """The steps of a spec's stages, one after the other; none: at once in service."""
    return tuple(
        RolloutStep(stage.strategy.value, share, seconds(stage.bake), stage.minimum_requests)
        for stage in rollout.stages
        for share in stage.shares
    )


def rollout_id_of(model: str, version: int) -> str:
    """The id of a version's rollout: the same whoever begins it, and however often."""
    return f"{model}-v{version}"
