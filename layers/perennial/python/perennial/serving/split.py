"""Which version answers whom while a rollout is under way, and the challenger itself.

Imported by the first request of a process that meets a rollout. Whom the challenger answers
follows from the rollout's id and the entity alone, so every process decides alike, and a larger
share only adds entities to those of a smaller one.
"""

from __future__ import annotations

import hashlib
import os

from perennial.errors import NeedsPipelineRuntime, Unavailable
from perennial.serving.engines import ELSEWHERE
from perennial.serving.router import CHALLENGER, Served

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from perennial.serving.engines import Engines
    from perennial.serving.ports import Rollout, Routed

# The fractional parts of its multiples are spread more evenly than those of any other number:
# of n requests in a row, the challenger gets its share but for a few, for every n and share.
# Knuth, The Art of Computer Programming 3, section 6.4, theorem S.
_GOLDEN = 0.6180339887498949
PAUSE_SECONDS = 30.0  # before a challenger that could not be loaded is tried again


class Split:
    """A rollout as this process follows it, as long as it lasts."""

    __slots__ = ("_clock", "_engines", "_model", "_not_before", "_turn", "_why", "routed")

    def __init__(
        self, model: str, routed: Rollout, engines: Engines, clock: Callable[[], float]
    ) -> None:
        """Args: routed: as the route has it; engines: where those of the router are kept."""
        self.routed = routed
        self._model = model
        self._engines = engines
        self._clock = clock
        # Not when a process starts but here: processes started from one snapshot must differ.
        self._turn = int.from_bytes(os.urandom(7), "big") / 2**56
        self._not_before = 0.0
        self._why = ""

    @property
    def id(self) -> str:
        """The rollout's."""
        return self.routed.id

    @property
    def share(self) -> float:
        """Of those who ask, whom the challenger answers; 0 where there is none."""
        return self.routed.share if self.routed.challenger else 0.0

    @property
    def shadow(self) -> Routed | None:
        """The version to ask beside the champion."""
        return self.routed.shadow

    def draws(self, entity: str) -> bool:
        """Whether the challenger answers for an entity."""
        return position(self.id, entity) < self.share

    def next_turn(self) -> bool:
        """Whether the challenger answers the next request that names no entity."""
        self._turn = (self._turn + _GOLDEN) % 1.0
        return self._turn < self.share

    def challenger(self) -> Served:
        """The challenger, loaded when it is first needed.

        Raises:
            NeedsPipelineRuntime: another function answers for it.
            Unavailable: it cannot be loaded; then it is left alone for a while, since whoever
                waits for an attempt could have been answered by the champion at once.
        """
        routed = self.routed.challenger
        if routed is None or self._clock() < self._not_before:
            raise Unavailable(self._why or "the route names no challenger")
        try:
            engine = self._engines.of(self._model, routed)
        except Unavailable as error:
            self._not_before = self._clock() + PAUSE_SECONDS
            self._why = str(error)
            raise
        if engine is ELSEWHERE:
            raise NeedsPipelineRuntime(f"version {routed.number} is a pipeline")
        return Served(routed.number, routed.artifact_digest, engine, role=CHALLENGER)

    def loaded_since(self, moment: float) -> bool:
        """Whether an engine was loaded after this moment, by `time.perf_counter`."""
        return self._engines.loaded_at >= moment


def position(rollout: str, entity: str) -> float:
    """Where an entity stands between 0 and 1 in a rollout, spread evenly.

    Another rollout mixes them anew: nobody is always among the first.
    """
    text = f"{rollout}:{entity}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") / 2**64


def followed(split: Split | None, fresh: Split) -> Split:
    """The split to go on with: the one before, if it is of the same rollout, as it stands now."""
    if split is None or split.id != fresh.id:
        return fresh
    if _number(split.routed.challenger) == _number(fresh.routed.challenger):
        split.routed = fresh.routed
        return split
    return fresh


def _number(routed: Routed | None) -> int | None:
    return routed.number if routed else None
