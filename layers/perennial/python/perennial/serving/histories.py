"""What the API says about the past of a model: what happened to it, and what served it when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from perennial.registry.clock import iso
from perennial.registry.store import Registry
from perennial.registry.timeline import lines, service_at
from perennial.serving.problems import INVALID_REQUEST, Problem

PATH = "/v1/models/{model}/history"
PARAMETERS = ("since", "until", "at", "version", "limit")
LISTED = 30  # events, where nobody says how many
MOST = 1_000
_LARGEST = 99_999_999  # keys of the registry hold no more digits
_EVER = "9999"  # later than any moment


def document(model: str, query: Mapping[str, str], registry: Registry) -> dict[str, object]:
    """The latest events of a stretch of time, newest first, and what served at a moment.

    Args:
        model: a deployed one.
        query: `since` and `until` bound the events and `at` is the moment, left out: now; ISO
            8601, UTC where no zone is named. `version` narrows events to one version, `limit`
            to so many.
        registry: keeps the history.

    Raises:
        Problem: a parameter is none of these, or is not what it can be.
        Unavailable: the registry did not answer.
    """
    for name in query:
        if name not in PARAMETERS:
            told = ", ".join(f"`{known}`" for known in PARAMETERS)
            raise Problem(INVALID_REQUEST, f"The parameters of this path are {told}.")
    found = lines(
        model,
        registry,
        since=_moment(query, "since"),
        until=_moment(query, "until"),
        version=_number(query, "version", _LARGEST),
        limit=_number(query, "limit", MOST) or LISTED,
    )
    service = service_at(model, _moment(query, "at") or _EVER, registry)
    return {
        "model": model,
        "service": service.document() if service else None,
        "events": [asdict(event) for event in found],
    }


def _moment(query: Mapping[str, str], name: str) -> str:
    if name not in query:
        return ""
    try:
        when = datetime.fromisoformat(query[name])
        return iso(when if when.tzinfo else when.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        told = f"`{name}` is a moment, such as 2026-11-01T12:00:00Z."
        raise Problem(INVALID_REQUEST, told) from None


def _number(query: Mapping[str, str], name: str, most: int) -> int | None:
    if name not in query:
        return None
    text = query[name]
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= most):
        raise Problem(INVALID_REQUEST, f"`{name}` is a whole number from 1 to {most}.")
    return int(text)
