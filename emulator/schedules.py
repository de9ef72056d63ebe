"""Schedules on the emulator's clock: how often they are looked at, and how long a rate is."""

from typing import Final

from emulator import seams

_LOOK_EVERY: Final = 1.0


def install(time_scale: float) -> None:
    """Divide the rates of EventBridge Scheduler and of scheduled rules; `cron` and `at` stay."""

    def interval(expression: str) -> float | None:
        seconds = original(expression)
        return None if seconds is None else seconds / time_scale

    original = seams.replace("services.eventbridge:_parse_rate_seconds", interval)
    seams.replace("services.eventbridge:_SCHEDULER_TICK_INTERVAL", _LOOK_EVERY)
    seams.replace("services.scheduler:_SCHEDULE_TICK_INTERVAL", _LOOK_EVERY)
