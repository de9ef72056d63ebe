"""A person lets automation go on after it has stopped."""

from __future__ import annotations

from perennial.automation.records import resumed
from perennial.errors import NotHalted
from perennial.registry.clock import Clock
from perennial.registry.records import Automation
from perennial.registry.store import Registry


def resume(model: str, *, by: str, reason: str, registry: Registry, clock: Clock) -> Automation:
    """Let things be done by themselves again; what led to the halt is counted anew.

    Raises:
        NotHalted: nothing has stopped.
        Conflict: the record changed at this very moment.
        Unavailable: the registry does not answer.
    """
    present = registry.automation(model)
    if not present.halted:
        raise NotHalted(f"nothing is stopped for {model}, so there is nothing to resume")
    return registry.save_automation(*resumed(present, by, reason, clock()))
