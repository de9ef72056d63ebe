"""The head of a history, written outside of the registry where nothing is overwritten.

A registry that is rewritten as a whole, digests and all, still differs from its anchors. The name
of an anchor holds what it says, so that reading them all is a listing of keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from perennial.registry.chain import Head
from perennial.registry.clock import Clock
from perennial.registry.layout import heads_prefix, uri
from perennial.registry.objects import ObjectStore
from perennial.registry.store import Registry
from perennial.registry.stored import VersionedStore

FORMAT = 1
_MEDIA_TYPE = "application/json"


def anchor(model: str, registry: Registry, store: ObjectStore, bucket: str, clock: Clock) -> Head:
    """Write the head of a history down, once; gives the head.

    One that is anchored already changes nothing. An event without digest is not anchored: it
    proves nothing of those before it.

    Raises:
        Unavailable: a service does not answer.
    """
    head = registry.head(model)
    if not head.digest:
        return head
    document = {
        "format": FORMAT,
        "model": model,
        "sequence": head.sequence,
        "digest": head.digest,
        "anchored_at": clock(),
    }
    place = f"{uri(bucket, heads_prefix(model))}{_name(head)}"
    store.write(place, json.dumps(document).encode(), _MEDIA_TYPE, once=True)
    return head


def anchors(model: str, store: VersionedStore, *buckets: str) -> dict[int, set[str]]:
    """The digests that were anchored, by sequence; two for one sequence contradict each other.

    An anchor that a mark of deletion hides was written all the same, and counts.

    Args:
        model: whose.
        store: keeps them.
        buckets: all that anchors were ever written to.

    Raises:
        Unavailable: the store does not answer.
    """
    found: dict[int, set[str]] = {}
    for bucket in {*buckets}:
        for head in _heads(model, store, bucket):
            found.setdefault(head.sequence, set()).add(head.digest)
    return found


def _heads(model: str, store: VersionedStore, bucket: str) -> Iterator[Head]:
    prefix = uri(bucket, heads_prefix(model))
    for stored in store.versions(prefix):
        sequence, _, digest = stored.uri.removeprefix(prefix).removesuffix(".json").partition("-")
        if sequence.isascii() and sequence.isdigit():
            yield Head(int(sequence), digest)


def _name(head: Head) -> str:
    return f"{head.sequence:010d}-{head.digest}.json"
