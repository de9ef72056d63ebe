"""The training workflow in memory: remembers what was started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class RecordingWorkflow:
    """`perennial.registry.queue.Workflow` for tests; a name starts once."""

    started: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def start(self, name: str, execution_input: Mapping[str, object]) -> str:
        self.started.setdefault(name, execution_input)
        return f"execution:{name}"
