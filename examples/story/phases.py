"""Where the seconds of a story go: it is in one phase at any moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

Clock = Callable[[], float]


@dataclass
class Phases:
    """A stopwatch that runs for one phase at a time.

    Attributes:
        clock: seconds that never go back.
        spent: seconds by phase, in the order in which they first came.
    """

    clock: Clock = time.monotonic
    spent: dict[str, float] = field(default_factory=dict)
    _phase: str = ""
    _since: float = 0.0

    def turn(self, phase: str) -> None:
        """From now on the time is this phase's."""
        now = self.clock()
        if self._phase:
            self.spent[self._phase] = self.spent.get(self._phase, 0.0) + now - self._since
        self._phase, self._since = phase, now

    def seconds(self) -> dict[str, float]:
        """Seconds by phase up to now, to a tenth."""
        self.turn(self._phase)
        return {phase: round(seconds, 1) for phase, seconds in self.spent.items()}
