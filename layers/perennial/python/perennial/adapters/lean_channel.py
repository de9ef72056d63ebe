"""A connection nobody waits for: opened by a thread, written and read without blocking.

What has been written is the kernel's: it goes out even if this process is killed the moment
after. `Channel` knows nothing of what it carries; `perennial.adapters.lean_sqs` does.
"""

from __future__ import annotations

import select
import socket
import time
from _thread import allocate_lock, start_new_thread

from perennial.adapters.lean_http import Origin, connected

HANDSHAKE_SECONDS = 2.0  # without a byte, in the thread that connects
PAUSE_SECONDS = 1.0  # after an attempt that failed, before the next
_READ_SIZE = 65_536


class Channel:
    """At most one connection to an origin; a new one replaces one that broke."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._socket: socket.socket | None = None
        self._attempt: _Attempt | None = None
        self._rest = b""
        self._not_before = 0.0
        self.used_at = 0.0  # seconds since the epoch: the monotonic clock stops with a sandbox

    @property
    def connected(self) -> bool:
        """Whether something can be written."""
        return self._socket is not None

    @property
    def stuck(self) -> bool:
        """Whether a part of what was to be written is still here."""
        return bool(self._rest)

    def open(self, seconds: float) -> bool:
        """Begin to connect, and wait for it as long as told; whether it is done.

        An attempt is waited for once. After one that failed, nobody waits until one succeeds.
        """
        if self._socket is None and self._attempt is None and time.time() >= self._not_before:
            self._attempt = _Attempt(self._origin)
        attempt = self._attempt
        if attempt is not None and attempt.ended(0.0 if self._not_before else seconds):
            self._take(attempt)
        return self._socket is not None

    def write(self, data: bytes, seconds: float) -> None:
        """Hand bytes to the kernel, as many as it takes in this time; the rest stays here.

        Raises:
            OSError: the connection broke.
        """
        self._rest = self._rest + data if self._rest else data
        self.push(seconds)

    def push(self, seconds: float) -> None:
        """Hand on what is still here.

        Raises:
            OSError: the connection broke.
        """
        assert self._socket is not None  # noqa: S101  callers have looked
        deadline = 0.0
        while self._rest:
            try:
                sent = self._socket.send(self._rest)
            except OSError as error:
                if not _would_block(error):
                    raise
                now = time.monotonic()
                deadline = deadline or now + seconds
                if now >= deadline:
                    return
                _wait_writable(self._socket, deadline - now)
                continue
            self._rest = self._rest[sent:]
        self.used_at = time.time()

    def read(self) -> bytes:
        """What has arrived; nothing, if nothing has.

        Raises:
            OSError: the connection is closed or broken.
        """
        assert self._socket is not None  # noqa: S101  callers have looked
        try:
            data = self._socket.recv(_READ_SIZE)
        except OSError as error:
            if _would_block(error):
                return b""
            raise
        if not data:
            raise ConnectionResetError("closed by the other side")
        return data

    def close(self) -> None:
        """Drop the connection and what was not written to it."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._rest = b""

    def _take(self, attempt: _Attempt) -> None:
        self._attempt = None
        self._socket = attempt.socket
        self._not_before = 0.0 if attempt.socket else time.time() + PAUSE_SECONDS
        self.used_at = time.time()

    def __del__(self) -> None:
        self.close()


class _Attempt:
    """One try to connect, in a thread of its own."""

    __slots__ = ("_done", "_waited", "socket")

    def __init__(self, origin: Origin) -> None:
        self.socket: socket.socket | None = None
        self._waited = False
        self._done = allocate_lock()
        self._done.acquire()
        try:
            start_new_thread(self._run, (origin,))
        except RuntimeError:  # no thread is left, or the process ends: a failed attempt
            self._done.release()

    def ended(self, seconds: float) -> bool:
        """Whether it has succeeded or failed; waits for that once, as long as told."""
        patience = 0.0 if self._waited else seconds
        self._waited = self._waited or seconds > 0
        if not self._done.acquire(timeout=patience):
            return False
        self._done.release()
        return True

    def _run(self, origin: Origin) -> None:
        try:
            made = connected(origin, HANDSHAKE_SECONDS)
            made.setblocking(False)
            self.socket = made
        except OSError:
            pass  # told by there being no socket
        finally:
            self._done.release()


def _would_block(error: OSError) -> bool:
    # By name: importing `ssl` to ask for its types would take 10 ms where nothing uses TLS.
    return isinstance(error, BlockingIOError) or type(error).__name__ in (
        "SSLWantReadError",
        "SSLWantWriteError",
    )


def _wait_writable(one: socket.socket, seconds: float) -> None:
    poll = select.poll()
    poll.register(one, select.POLLOUT)
    poll.poll(max(1, int(seconds * 1e3)))
