"""How Lambda polls a queue, where MiniStack falls short of AWS.

A batch is gathered for its window and may hold more than ten messages, up to what fits into an
invocation; and the function's role must allow the polling, or nothing is ever delivered.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from emulator import roles, seams

_log = logging.getLogger("emulator.queues")
_NEEDED: Final = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
# An invocation takes 6 MB; what a message brings beside its body is counted generously.
_BATCH_BYTES: Final = 5_500_000
_OVERHEAD: Final = 1_000
_SHORTEST_WINDOW: Final = 1.0
_REMEMBERED: Final = 2.0  # seconds for which a look at the role counts


Receive = Callable[[str, int], list[dict[str, Any]]]


def install(time_scale: float) -> None:
    """Replace how messages are received for a mapping; windows are divided by the scale."""
    polling = Polling(seams.get("services.sqs:_receive_messages_for_esm"), time_scale)
    seams.replace("services.sqs:_receive_messages_for_esm", polling.receive)


@dataclass
class Polling:
    """Gathers batches.

    Attributes:
        take: receives at most ten messages.
        time_scale: divides windows.
    """

    take: Receive
    time_scale: float
    _began: dict[str, float] = field(default_factory=dict)
    _refused: dict[str, float] = field(default_factory=dict)

    def receive(self, queue_url: str, most: int) -> list[dict[str, Any]]:
        """A batch for the mapping of a queue; nothing, as long as more may join it."""
        queue = seams.get("services.sqs:_queues").get(queue_url)
        mapping = _mapping_of(queue)
        if queue is None or mapping is None or not self._may_poll(mapping):
            return []
        now = time.time()
        sizes = [_size(each) for each in queue["messages"] if each["visible_at"] <= now]
        if not sizes:
            self._began.pop(queue_url, None)
            return []
        full = len(sizes) >= most or sum(sizes) >= _BATCH_BYTES
        window = self._window(mapping)
        if not full and now - self._began.setdefault(queue_url, now) < window:
            return []
        self._began.pop(queue_url, None)
        return self._gathered(queue_url, most, sizes)

    def _window(self, mapping: Mapping[str, Any]) -> float:
        """Seconds; a scaled one lasts a second at least, or batches would hold one message each."""
        told = float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
        return max(told / self.time_scale, min(told, _SHORTEST_WINDOW))

    def _gathered(self, queue_url: str, most: int, sizes: list[int]) -> list[dict[str, Any]]:
        room, fitting = _BATCH_BYTES, 0
        for size in sizes[:most]:
            room -= size
            if room < 0:
                break
            fitting += 1
        batch: list[dict[str, Any]] = []
        wanted = max(fitting, 1)
        while len(batch) < wanted and (more := self.take(queue_url, min(wanted - len(batch), 10))):
            batch += more
        return batch

    def _may_poll(self, mapping: Mapping[str, Any]) -> bool:
        name, source = str(mapping["FunctionName"]), str(mapping["EventSourceArn"])
        if time.time() < self._refused.get(source, 0.0):
            return False
        func, config = seams.get("services.lambda_svc:_get_func_record_for_qualifier")(
            name, mapping.get("Qualifier")
        )
        role = str((config or (func or {}).get("config") or {}).get("Role", ""))
        _, region = seams.current_scope()
        for action in _NEEDED:
            if not roles.allowed(role, action, source, region):
                _log.warning("%s may not be polled: the role of %s lacks %s", source, name, action)
                self._refused[source] = time.time() + _REMEMBERED / self.time_scale
                return False
        return True


def _mapping_of(queue: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    arn = ((queue or {}).get("attributes") or {}).get("QueueArn")
    mappings = seams.get("services.lambda_svc:_iter_all_esms")()
    return next((each for *_, each in mappings if each.get("EventSourceArn") == arn), None)


def _size(message: Mapping[str, Any]) -> int:
    return len(str(message["body"])) + _OVERHEAD
