"""What each model gets: a schedule, alarms and a dashboard, spread over stacks of bounded size."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import App, Stack
from aws_cdk import aws_sns as sns
from perennial.spec import ModelSpec

from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.alarm_topic import topic_of
from stacks.constructs.model_dashboard import ModelDashboard
from stacks.constructs.model_schedule import ModelSchedule
from stacks.constructs.watched_model import WatchedModel
from stacks.model_watches import watches_of
from stacks.settings import Settings

MOST = 24  # models of one stack: each has up to 17 resources, and a stack at most 500


@dataclass(frozen=True)
class Watched:
    """What the models of every stack share, as that stack names it.

    Attributes:
        machine_arn: the monitoring workflow.
        schedule_role_arn: may start it.
        missed_arn: the queue of starts that could not be made.
    """

    machine_arn: str
    schedule_role_arn: str
    missed_arn: str


def shards(models: Mapping[str, ModelSpec]) -> list[dict[str, ModelSpec]]:
    """The models, spread over as many stacks as it takes; a model's place follows from its name.

    The number is a power of two. When it doubles, a model stays where it is or moves to a stack
    further back, which is deployed after the one it leaves: no name is there twice.
    """
    count = 1
    while True:
        spread: list[dict[str, ModelSpec]] = [{} for _ in range(count)]
        for name, spec in sorted(models.items()):
            spread[_place(name) % count][name] = spec
        if max(map(len, spread)) <= MOST:
            return spread
        count *= 2


def _place(model: str) -> int:
    return int.from_bytes(hashlib.sha256(model.encode()).digest()[:8], "big")


def watch_models(stack: Stack, watched: Watched, *, blueprint: Blueprint, shard: int) -> None:
    """Give the models of a shard what watches them.

    Args:
        stack: gets it.
        watched: the parts that all models share.
        blueprint: the deployment.
        shard: place of the stack among those of watched models, from 0.
    """
    settings, topic = blueprint.settings, _topic(stack, blueprint.settings)
    for name, spec in shards(blueprint.specs)[shard].items():
        model = WatchedModel(
            stack,
            f"{name}-alarms",
            prefix=settings.prefix.lower(),
            model=name,
            topic=topic,
            watches=watches_of(spec),
        )
        if settings.model_dashboards:
            ModelDashboard(
                stack,
                f"{name}-board",
                name=f"{settings.prefix}-{name}",
                model=name,
                alarms=[*model.composites.values(), *model.alarms.values()],
            )
        if spec.monitoring.enabled and spec.capture.enabled:
            ModelSchedule(
                stack,
                f"{name}-schedule",
                model=name,
                every=spec.monitoring.every,
                machine_arn=watched.machine_arn,
                role_arn=watched.schedule_role_arn,
                missed_arn=watched.missed_arn,
            )


def _topic(stack: Stack, settings: Settings) -> sns.ITopic:
    return topic_of(stack, "AlarmTopic", name=settings.function_name("alarms"))


class WatchedModelsStack(PerennialStack):
    """Further models, where one stack cannot hold all of them."""

    def __init__(
        self, app: App, *, blueprint: Blueprint, watched: Watched, before: Stack, shard: int
    ) -> None:
        """Args: watched: the shared parts; before: deployed first; shard: place, from 1."""
        super().__init__(
            app,
            f"Watch{shard + 1}",
            blueprint=blueprint,
            description="Perennial: schedules, alarms and dashboards of further models",
        )
        self.add_stack_dependency(before)
        watch_models(self, watched, blueprint=blueprint, shard=shard)
