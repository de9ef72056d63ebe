"""Whether rows that left a dataset did so by requests that stand in the history."""

from __future__ import annotations

from collections.abc import Iterator

from perennial.forgetting.records import EVENT, read_tombstone
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.records import Event, Version
from perennial.registry.store import Registry

REQUESTS = "requests"  # of an event's details
LEFT = "left"  # likewise: the digests of what removals left; older events do not say


def unordered(version: Version, store: ObjectStore, registry: Registry) -> Iterator[str]:
    """Removals from a version's dataset that nobody asked for, each as a sentence.

    A tombstone is a file like any other; history is sealed. Only the two together tell that rows
    were removed on request.

    Raises:
        Unavailable: a store does not answer.
    """
    bucket, _ = layout.split_uri(version.receipt_uri)
    prefix = layout.uri(bucket, layout.dataset_prefix(version.model, version.dataset_digest))
    try:
        tombstone = read_tombstone(store, prefix)
    except ValueError:
        yield f"what lies beside the dataset does not say which rows left it: {prefix}"
        return
    if tombstone is None:
        return
    told = [event for event in registry.history(version.model) if event.what == EVENT]
    for removal in tombstone.removals:
        about = [one for one in told if removal.request_id in _named(one, REQUESTS)]
        if not about:
            says = f"{removal.rows} rows left the dataset without a request in the history"
            yield f"{says}: {prefix}"
        elif not any(_left(one, removal.file_digest) for one in about):
            yield f"a removal left other rows than the history tells of: {prefix}"


def _named(event: Event, detail: str) -> set[str]:
    return set(event.details.get(detail, "").split(", "))


def _left(event: Event, file_digest: str) -> bool:
    """Whether an event accounts for a file; one that names none accounts for any."""
    return LEFT not in event.details or file_digest in _named(event, LEFT)
