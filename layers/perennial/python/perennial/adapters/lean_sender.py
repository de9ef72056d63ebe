"""Sends requests to an AWS service without waiting for the reply.

A message is written to a connection that is open already and read about later: replies are taken
in with the next message. What was refused or never confirmed is sent again, so a message may
arrive twice; what cannot be sent at all is dropped after a few attempts and counted.
"""

from __future__ import annotations

import time
from collections import deque

from perennial.adapters.lean import domain
from perennial.adapters.lean_channel import Channel
from perennial.adapters.lean_http import IDLE_LIMIT, Origin
from perennial.adapters.lean_prepared import PreparedPost
from perennial.adapters.lean_reply import BadReply, next_reply
from perennial.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from perennial.adapters.lean import Client

CONNECT_SECONDS = 0.1  # an answer waits for a new connection at most; for an open one never
WRITE_SECONDS = 0.01  # for a message larger than what the kernel takes at once
REPLY_SECONDS = 5.0  # after which a reply is no longer expected
RESEND_SECONDS = 0.2  # before a message that was refused is sent again
ATTEMPTS = 5
MOST_BYTES = 16 * 1_048_576  # held in memory while they cannot be sent
_TRANSIENT = (
    b"Throttl",
    b"TooManyRequests",
    b"RequestLimitExceeded",
    b"ServiceUnavailable",
    b"InternalError",
)


class _Message:
    __slots__ = ("attempts", "body", "model", "written_at")

    def __init__(self, body: bytes, model: str) -> None:
        self.body = body
        self.model = model
        self.attempts = 0
        self.written_at = 0.0


class LeanSender:
    """One path of one service, which takes POST. Its methods neither block nor raise."""

    def __init__(
        self,
        client: Client,
        path: str,
        headers: Mapping[str, str],
        lost: Callable[[str, str], None],
    ) -> None:
        """Begin to connect.

        Args:
            client: says where the service is and who signs.
            path: absolute and percent-encoded.
            headers: those of every request.
            lost: is told the model of a message that was dropped, and why.
        """
        host = f"{client.service}.{client.region}.{domain(client.region)}"
        origin = client.endpoint or Origin("https", host)
        self._lost = lost
        self._path, self._headers = path, headers
        self._client, self._authority = client, origin.authority
        self._signed_by = client.credentials
        self._prepared = self._prepare()
        self._channel = Channel(origin)
        self._waiting: deque[_Message] = deque()  # not on the wire, oldest first
        self._refused: list[_Message] = []  # for another attempt, in a moment
        self._sent: deque[_Message] = deque()  # on the wire, replies come in this order
        self._arrived = b""
        self._held = 0  # bytes of all messages above
        self._not_before = 0.0
        self._channel.open(0.0)

    def post(self, body: bytes, model: str) -> None:
        """Put a message on the wire; it is about a model."""
        message = _Message(body, model)
        if self._held + len(message.body) > MOST_BYTES:
            self._lost(model, "too much is waiting")
            return
        self._held += len(message.body)
        self._waiting.append(message)
        self.settle()
        self.flush()

    def settle(self) -> None:
        """Take in the replies that have arrived."""
        if not self._channel.connected:
            return
        alive = self._read()
        try:
            self._take_replies()
        except OSError:
            alive = False
        until = self._sent[0].written_at + REPLY_SECONDS if self._sent else self._idle_end()
        if not alive or time.time() > until:
            self._reconnect()

    @property
    def unconfirmed(self) -> int:
        """Messages that no reply has been read for."""
        return len(self._sent) + self.waiting

    @property
    def waiting(self) -> int:
        """Messages that are to be written, for the first time or once more."""
        return len(self._waiting) + len(self._refused)

    def _idle_end(self) -> float:
        return self._channel.used_at + IDLE_LIMIT

    def _read(self) -> bool:
        """Read what is there; whether more may come."""
        try:
            while data := self._channel.read():
                self._arrived += data
        except OSError:
            return False
        return True

    def flush(self) -> None:
        """Write what waits, as far as it goes."""
        if not self._channel.open(CONNECT_SECONDS):
            return
        now = time.time()
        if self._refused and now >= self._not_before:
            self._waiting.extend(self._refused)
            self._refused.clear()
        try:
            self._renew()
            if self._channel.stuck:
                self._channel.push(0.0)
            while self._waiting and not self._channel.stuck:
                message = self._waiting.popleft()
                message.attempts += 1
                message.written_at = now
                self._sent.append(message)
                self._channel.write(self._prepared.message(message.body, now), WRITE_SECONDS)
        except (OSError, Unavailable):
            self._reconnect()

    def _prepare(self) -> PreparedPost:
        return PreparedPost(
            self._authority,
            self._headers,
            path=self._path,
            credentials=self._signed_by,
            service=self._client.service,
            region=self._client.region,
        )

    def _renew(self) -> None:
        """Sign with other credentials once those of a snapshot have been replaced."""
        credentials = self._client.credentials
        if credentials is not self._signed_by:
            self._signed_by = credentials
            self._prepared = self._prepare()

    def _take_replies(self) -> None:
        while self._arrived and (found := next_reply(self._arrived)):
            reply, reusable, size = found
            self._arrived = self._arrived[size:]
            if not self._sent:
                raise BadReply("a reply to nothing that was sent")
            message = self._sent.popleft()
            if 200 <= reply.status < 300:
                self._held -= len(message.body)
            elif reply.status >= 500 or any(name in reply.body for name in _TRANSIENT):
                self._again(message, f"status {reply.status}")
            else:
                self._drop(message, f"status {reply.status}")
            if not reusable:
                raise BadReply("the other side closes after this reply")

    def _reconnect(self) -> None:
        """Begin a new connection; what has no reply goes over it once more."""
        self._channel.close()
        self._arrived = b""
        for message in reversed(self._sent):
            self._waiting.appendleft(message)
        self._sent.clear()
        for message in [m for m in self._waiting if m.attempts >= ATTEMPTS]:
            self._waiting.remove(message)
            self._drop(message, "no reply")
        self._channel.open(0.0)

    def _again(self, message: _Message, why: str) -> None:
        if message.attempts >= ATTEMPTS:
            self._drop(message, why)
            return
        self._not_before = time.time() + RESEND_SECONDS
        self._refused.append(message)

    def _drop(self, message: _Message, why: str) -> None:
        self._held -= len(message.body)
        self._lost(message.model, why)
