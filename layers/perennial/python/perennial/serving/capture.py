"""Hands every answered prediction to a queue, from which it is written to S3 later.

What is kept is decided here, before anything leaves the process: a column that must not be
stored is in no message. `docs/capture.md` describes the message's further way.
"""

from __future__ import annotations

import hashlib
import json
import time

from perennial.features.columns import Columns
from perennial.serving.fast_json import fast_json
from perennial.serving.router import CHAMPION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from perennial.serving.answered import Answered
    from perennial.serving.concealment import Kept
    from perennial.serving.journal import Journal

    class Queue(Protocol):
        """Takes messages; neither blocks nor raises."""

        def send(self, text: str, model: str) -> None:
            """Put one on the wire."""
            ...


FORMAT = 1
# SQS takes a mebibyte and counts, and bills, in pieces of 64 KiB. Below this, several rows share a
# message; a single row may be as large as SQS allows.
MESSAGE_BYTES = 250_000
ROW_BYTES = 1_000_000
_LIKELY_ROW = 200  # bytes
FAILURES = "CaptureFailures"
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Policy:
    """What a model's spec lets us keep."""

    __slots__ = ("enabled", "features", "kept", "outputs", "share")

    def __init__(self, spec: Mapping[str, Any]) -> None:
        """Args: spec: compiled, as it is deployed."""
        section, sensitive = spec.get("capture") or {}, spec.get("sensitive") or ()
        hidden = {*sensitive, *(section.get("exclude") or ())}
        self.enabled = bool(section.get("enabled", True))
        self.share = float(section.get("sample", 1.0))
        self.features = [name for name in spec.get("features") or () if name not in hidden]
        self.outputs = spec.get("target") not in hidden
        self.kept = _kept(spec.get("privacy") or {})

    def keeps(self, request_id: str) -> bool:
        """Whether a request is in the sample: the same answer wherever it is asked.

        By request and not by row: a request's rows are one event, and cost one message.
        """
        return self.enabled and (self.share >= 1.0 or position(request_id) < self.share)


def _kept(section: Mapping[str, Any]) -> Kept | None:
    """What replaces persons in what is kept; None where the spec names no such columns."""
    if not section.get("pii"):
        return None
    from perennial.serving.concealment import Kept  # few models are about persons

    return Kept(section)


class Capture:
    """`perennial.serving.ports.Capture`: a message for each request, several for a large one."""

    def __init__(
        self, connect: Callable[[Callable[[str, str], None]], Queue], specs: str, journal: Journal
    ) -> None:
        """Make the queue ready.

        Args:
            connect: makes the queue, given what it is to call with the model and the reason
                when a message is lost.
            specs: the folder of the compiled specs.
            journal: the log.
        """
        self._specs = specs
        self._journal = journal
        self._queue = connect(self.lost)
        self._policies: dict[str, Policy] = {}

    def __call__(self, answered: Answered, milliseconds: float) -> None:
        """Keep one answered request; whatever goes wrong is counted and breaks no answer."""
        try:
            policy = self._policies.get(answered.model) or self._read_policy(answered.model)
            if policy.keeps(answered.request_id):
                self._keep(answered.model, _head(answered, milliseconds), _Rows(answered, policy))
        except Exception as error:
            self._journal.failure(error)
            self.lost(answered.model, "it could not be put together")

    def lost(self, model: str, why: str) -> None:
        """Count a message that will not arrive."""
        self._journal.count(FAILURES, model, "captured predictions are lost", cause=why)

    def _keep(self, model: str, head: dict[str, object], rows: _Rows) -> None:
        """Send the rows of a request, as many in a message as its first row lets expect."""
        step = count = len(rows)
        if count > 1:
            step = max(1, MESSAGE_BYTES // len(_encode(rows.part(0, 1))))
        for start in range(0, count, step):
            self._send(model, head, rows, start, min(start + step, count))

    def _send(self, model: str, head: dict[str, object], rows: _Rows, start: int, end: int) -> None:
        """Send a range of rows, in halves where they are too large for one message."""
        text = _text({**head, **rows.part(start, end)}, end - start)
        if len(text) <= (MESSAGE_BYTES if end - start > 1 else ROW_BYTES):
            self._queue.send(text, model)
        elif end - start > 1:
            middle = (start + end) // 2
            self._send(model, head, rows, start, middle)
            self._send(model, head, rows, middle, end)
        else:
            self.lost(model, "a row is larger than a message can be")

    def _read_policy(self, model: str) -> Policy:
        with open(f"{self._specs}/{model}.json", "rb") as file:  # noqa: PTH123  pathlib: 4 ms
            policy = self._policies[model] = Policy(json.loads(file.read()))
        return policy


class _Rows:
    """The columns of an answered request that may be kept."""

    __slots__ = ("_count", "_entities", "_numbers", "_predictions", "_values")

    def __init__(self, answered: Answered, policy: Policy) -> None:
        table: Any = answered.table
        if isinstance(table, Columns):
            values = table.values
            self._values = {name: values[name] for name in policy.features if name in values}
        else:
            self._values = {name: [row.get(name) for row in table] for name in policy.features}
        self._predictions = answered.predictions if policy.outputs else None
        self._count = len(answered.predictions)
        self._entities = answered.entities
        self._numbers = answered.numbers
        if policy.kept is not None:
            self._values = policy.kept.values(self._values)
            self._entities = policy.kept.entities(self._entities)

    def __len__(self) -> int:
        """Rows."""
        return self._count

    def part(self, start: int, end: int) -> dict[str, object]:
        """The members of a message that belong to a range of rows."""
        features = {name: list(of[start:end]) for name, of in self._values.items()}
        part: dict[str, object] = {"first": start, "count": end - start, "features": features}
        if self._entities is not None:
            many = isinstance(self._entities, list)
            part["entities"] = self._entities[start:end] if many else self._entities
        if self._numbers is not None:
            part["numbers"] = list(self._numbers[start:end])
        said = self._predictions
        if said is None:
            return part
        part["predictions"] = said.values[start:end]
        if said.classes is not None:
            width = len(said.classes)
            part["labels"] = said.classes
            part["probabilities"] = said.scores[start * width : end * width].tolist()
        return part


def _text(document: dict[str, object], rows: int) -> str:
    """A message as JSON in ASCII: among what it leaves out are characters that SQS refuses."""
    fast = fast_json(rows * _LIKELY_ROW) if rows > 1 else None
    if fast is not None:
        try:
            text: str = fast.dumps(document).decode()
        except TypeError:  # an integer beyond 64 bits, or half a surrogate pair
            return _encode(document)
        if text.isascii():
            return text
    return _encode(document)


def position(request_id: str) -> float:
    """Where a request stands between 0 and 1; requests are spread evenly, whatever their ids."""
    return int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:8], "big") / 2**64


def _head(answered: Answered, milliseconds: float) -> dict[str, object]:
    head: dict[str, object] = {
        "format": FORMAT,
        "model": answered.model,
        "version": answered.version,
        "digest": answered.digest,
        "request_id": answered.request_id,
        "protocol": answered.protocol,
        "at": round(time.time() * 1e3),
        "milliseconds": round(milliseconds, 3),
        "rows": answered.rows,
    }
    # What is so for nearly every request is left out: each byte of a message is paid for.
    if answered.role != CHAMPION:
        head["role"] = answered.role
    if answered.rollout_id:
        head["rollout"] = answered.rollout_id
    return head
