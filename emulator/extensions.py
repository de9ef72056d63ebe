"""Puts every extension in its place before the server listens."""

from dataclasses import dataclass

from emulator import (
    alarms,
    condition_keys,
    deployment,
    distributed_map,
    gateway,
    lambdas,
    log_search,
    objects,
    permissions,
    principals,
    queues,
    ranges,
    redrive,
    schedules,
    stepfunctions,
    streams,
    waiting_tasks,
)
from emulator.batch import Batch
from emulator.metrics import embedded, services
from emulator.settings import Settings


@dataclass(frozen=True)
class Running:
    """The extensions that own threads or processes."""

    batch: Batch

    def stop(self) -> None:
        """End the jobs and the functions' workers."""
        self.batch.stop()
        lambdas.stop()


def install(settings: Settings) -> Running:
    """Extend MiniStack in this process."""
    batch = Batch(settings)
    batch.install()
    stepfunctions.install(batch)
    permissions.install()
    waiting_tasks.install()
    distributed_map.install(settings.endpoint)
    redrive.install()
    schedules.install(settings.time_scale)
    deployment.install(batch, settings.unpacked)
    lambdas.install(settings)
    alarms.install(settings)
    objects.install()
    principals.install()
    condition_keys.install()
    ranges.install()
    queues.install(settings.time_scale)
    streams.install(settings.time_scale)
    gateway.install()
    embedded.install()
    log_search.install()
    services.install()
    return Running(batch)
