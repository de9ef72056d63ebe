"""Whether a history is whole: each event taken once, in order, held against the one before.

One event is held at a time, so that a history of any length can be checked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from perennial.provenance.findings import Finding, Kind
from perennial.registry.chain import Head, digest_of
from perennial.registry.records import Event

Anchors = Mapping[int, Collection[str]]  # by sequence, the digests that were written outside


class ChainCheck:
    """Takes the events of one history in the order in which they are stored.

    Attributes:
        taken: how many events came.
        first_sealed: sequence of the first event with a digest; 0 until there is one.
    """

    def __init__(self, anchors: Anchors | None = None) -> None:
        """Args: anchors: what is known of the history from outside of the registry."""
        self.taken = 0
        self.first_sealed = 0
        self._anchors = anchors or {}
        self._last = Head()

    def take(self, event: Event) -> Iterator[Finding]:
        """What is wrong with the next event; it is taken once the findings are all read."""
        yield from self._place(event)
        yield from self._seal(event)
        for known in self._anchors.get(event.sequence, ()):
            if known != event.digest:
                yield _found(Kind.REWRITTEN, event, f"was anchored with the digest {known[:12]}…")
        self.taken += 1
        self._last = Head(event.sequence, event.digest)

    def end(self, head: Head) -> Iterator[Finding]:
        """What is wrong with the end of the history, once all events were taken."""
        last = self._last
        if head.sequence > last.sequence:
            yield _gone(last.sequence + 1, head.sequence, "the head")
        elif (head.sequence, head.digest) != (last.sequence, last.digest):
            says = (
                f"the head names event {head.sequence} with digest {_short(head.digest)}, the "
                f"last event is {last.sequence} with {_short(last.digest)}"
            )
            yield Finding(Kind.FORGED_HEAD, "head", says)
        anchored = max(self._anchors, default=0)
        if anchored > max(last.sequence, head.sequence):
            yield _gone(last.sequence + 1, anchored, "an anchor")

    def _place(self, event: Event) -> Iterator[Finding]:
        expected = self._last.sequence + 1
        if event.sequence > expected:
            missing = _range(expected, event.sequence - 1)
            yield Finding(Kind.REMOVED_EVENT, missing, f"{missing} is not there")
        elif event.sequence < expected:
            yield _found(Kind.MOVED_EVENT, event, f"lies after event {self._last.sequence}")

    def _seal(self, event: Event) -> Iterator[Finding]:
        if not event.digest:
            if self.first_sealed:
                yield _found(Kind.UNSEALED_EVENT, event, "has no digest, though earlier ones have")
            return
        self.first_sealed = self.first_sealed or event.sequence
        if digest_of(event) != event.digest:
            yield _found(Kind.EDITED_EVENT, event, "does not have the content of its digest")
        if event.previous != self._last.digest:
            says = (
                f"follows an event of digest {_short(event.previous)}, but the one before it has "
                f"{_short(self._last.digest)}: one of the two was replaced, or one was put between"
            )
            yield _found(Kind.BROKEN_LINK, event, says)


def _found(kind: Kind, event: Event, says: str) -> Finding:
    where = f"event {event.sequence}"
    return Finding(kind, where, f"{where} ({event.what}) {says}")


def _gone(first: int, last: int, named_by: str) -> Finding:
    missing = _range(first, last)
    return Finding(
        Kind.REMOVED_TAIL, missing, f"{missing} at the end is not there; {named_by} names it"
    )


def _range(first: int, last: int) -> str:
    return f"event {first}" if first == last else f"events {first} to {last}"


def _short(digest: str) -> str:
    return f"{digest[:12]}…" if digest else "none"
