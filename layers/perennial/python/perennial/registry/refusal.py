"""Why the training container gave up, in its own words."""

from __future__ import annotations

import json

from perennial.errors import Unavailable
from perennial.registry.objects import ObjectStore

FAILURE = "failure.json"  # below a run's prefix: `{"error", "message"}`


def refusal(run_uri: str, store: ObjectStore) -> str | None:
    """What the container left behind, or None: it was killed, never began, or cannot be read.

    A run is concluded with or without it, so nothing is raised.
    """
    try:
        told = json.loads(store.read(run_uri + FAILURE))
        return f"{told['error']}: {told['message']}"
    except (FileNotFoundError, Unavailable, ValueError, KeyError, TypeError):
        return None
