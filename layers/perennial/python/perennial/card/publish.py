"""Leaves a card beside its run, as a document and as a page."""

from __future__ import annotations

from perennial.card.page import page
from perennial.card.record import Card
from perennial.registry import layout
from perennial.registry.objects import ObjectStore


def publish(card: Card, run_uri: str, store: ObjectStore) -> str:
    """Write page and document; the URI of the page.

    It is written anew once a person has decided; the bucket keeps what it said before.

    Raises:
        Unavailable: the store does not answer.
    """
    document = card.model_dump_json(indent=1).encode()
    store.write(run_uri + layout.CARD_JSON, document, "application/json")
    body = page(card).encode()
    store.write(run_uri + layout.CARD_HTML, body, "text/html; charset=utf-8")
    return run_uri + layout.CARD_HTML
