"""How Lambda reads a Kinesis stream for a function, where MiniStack falls short of AWS.

Each shard is read beside the others and one call at a time. A call may report the first record
that is not done; what fails comes again from there, after a growing pause, until attempts or age
are used up: then it is told to the mapping's destination, and the shard goes on. A batch that
makes the function fail is halved. The function's role must allow the reading.
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator import roles, seams
from emulator.metrics.store import record as measure
from emulator.stream_batches import Delivery, Record, first_failed, fitting, invocation

_log = logging.getLogger("emulator.streams")
_NEEDED: Final = (
    "kinesis:DescribeStream",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
_PAUSE: Final = 0.5  # seconds after a first failure; doubled with each
_LONGEST_PAUSE: Final = 10.0


def install(time_scale: float) -> None:
    """Take the place of MiniStack's polling of streams; pauses are divided by the scale."""
    reading = Reading(time_scale)
    seams.replace("services.lambda_svc:_poll_kinesis", reading.poll)


@dataclass
class _Shard:
    """How reading one shard for one mapping goes."""

    attempts: int = 0  # that failed, of the batch that begins at the position
    most: int | None = None  # records of a batch that is halved
    not_before: float = 0.0
    busy: bool = False


@dataclass
class Reading:
    """Reads all streams that are mapped to functions.

    Attributes:
        time_scale: divides pauses.
    """

    time_scale: float
    _shards: dict[tuple[str, str], _Shard] = field(default_factory=dict)

    def poll(self) -> bool:
        """Start a call for each shard that has records; none is waited for."""
        for account, region, mapping in seams.get("services.lambda_svc:_iter_all_esms")():
            source = str(mapping.get("EventSourceArn"))
            if ":kinesis:" in source and mapping.get("Enabled", True):
                with seams.scope(account, region):
                    self._poll_mapping(mapping, source)
        return False

    def _poll_mapping(self, mapping: dict[str, Any], source: str) -> None:
        stream = seams.get("services.kinesis:_streams").get(source.rpartition("/")[2])
        if stream is None or stream["StreamStatus"] != "ACTIVE":
            return
        positions = _positions(mapping, stream)
        for shard_id, shard in list(stream["shards"].items()):
            state = self._shards.setdefault((mapping["UUID"], shard_id), _Shard())
            if state.busy or time.time() < state.not_before:
                continue
            waiting = [
                each
                for each in shard["records"]
                if int(each["SequenceNumber"]) > positions.setdefault(shard_id, 0)
            ]
            if waiting:
                state.busy = True
                batch = fitting(waiting, state.most or int(mapping.get("BatchSize") or 100))
                work = (mapping, shard_id, batch, state, positions, seams.current_scope())
                threading.Thread(target=self._deliver, args=work, daemon=True).start()

    def _deliver(
        self,
        mapping: dict[str, Any],
        shard_id: str,
        batch: Sequence[Record],
        state: _Shard,
        positions: dict[str, int],
        scope: tuple[str, str],
    ) -> None:
        try:
            with seams.scope(*scope):
                delivery = Delivery(mapping, shard_id, batch)
                self._settle(delivery, state, positions)
        except Exception:
            _log.exception("reading %s for %s failed", shard_id, mapping["FunctionName"])
            self._pause(state)
        finally:
            state.busy = False
            seams.get("core.concurrency:esm_wake").set()

    def _settle(self, delivery: Delivery, state: _Shard, positions: dict[str, int]) -> None:
        expired = delivery.expired(time.time())
        if expired:
            delivery.give_up(expired, "RecordAgeExceeded", state.attempts)
            self._advance(state, positions, delivery, expired)
            return
        function = delivery.function()
        if function is None or not _may_read(function, delivery.source):
            state.not_before = time.time() + _LONGEST_PAUSE / 5 / self.time_scale
            return
        age = time.time() - float(delivery.batch[0]["ApproximateArrivalTimestamp"])
        _measure_age(delivery.name, age)
        result = seams.get("services.lambda_svc:_execute_function")(
            function, {"Records": invocation(delivery)}
        )
        done = 0 if result.get("error") else first_failed(delivery, result.get("body"))
        if done:
            self._advance(state, positions, delivery, delivery.batch[:done])
        if done == len(delivery.batch):
            return
        self._failed(delivery, state, positions, broken=bool(result.get("error")), done=done)

    def _failed(
        self,
        delivery: Delivery,
        state: _Shard,
        positions: dict[str, int],
        *,
        broken: bool,
        done: int,
    ) -> None:
        left = delivery.batch[done:]
        if broken and len(left) > 1 and delivery.mapping.get("BisectBatchOnFunctionError"):
            state.most = (len(left) + 1) // 2  # not counted as an attempt
        else:
            state.attempts += 1
        limit = int(delivery.mapping.get("MaximumRetryAttempts", -1))
        if 0 <= limit < state.attempts:
            delivery.give_up(left, "RetryAttemptsExhausted", state.attempts)
            self._advance(state, positions, delivery, left)
        else:
            self._pause(state)

    def _advance(
        self,
        state: _Shard,
        positions: dict[str, int],
        delivery: Delivery,
        records: Sequence[Record],
    ) -> None:
        positions[delivery.shard_id] = int(records[-1]["SequenceNumber"])
        state.attempts, state.most, state.not_before = 0, None, 0.0

    def _pause(self, state: _Shard) -> None:
        pause = min(_PAUSE * 2 ** max(state.attempts - 1, 0), _LONGEST_PAUSE)
        state.not_before = time.time() + pause / self.time_scale


def _positions(mapping: Mapping[str, Any], stream: Mapping[str, Any]) -> dict[str, int]:
    """The last sequence number that is done, by shard; kept with the emulator's state."""
    kept = seams.get("services.lambda_svc:_kinesis_positions")
    if mapping["UUID"] not in kept:
        latest = mapping.get("StartingPosition") != "TRIM_HORIZON"
        kept[mapping["UUID"]] = {
            shard_id: int(shard["records"][-1]["SequenceNumber"])
            if latest and shard["records"]
            else 0
            for shard_id, shard in stream["shards"].items()
        }
    found: dict[str, int] = kept[mapping["UUID"]]
    return found


def _may_read(function: Mapping[str, Any], source: str) -> bool:
    config = function.get("config") or function
    _, region = seams.current_scope()
    for action in _NEEDED:
        if not roles.allowed(str(config.get("Role", "")), action, source, region):
            name = config.get("FunctionName")
            _log.warning("%s may not be read: the role of %s lacks %s", source, name, action)
            return False
    return True


def _measure_age(function: str, seconds: float) -> None:
    for dimensions in ({}, {"FunctionName": function}):
        measure(
            "AWS/Lambda", "IteratorAge", seconds * 1e3, unit="Milliseconds", dimensions=dimensions
        )
