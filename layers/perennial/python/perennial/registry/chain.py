"""Each event bears the digest of the one before, so that no line of a history changes unseen.

The digest is SHA-256 over the event's content as canonical JSON, `previous` included. Events that
were written before there were digests have none; the chain begins with the first that has one.
Standard library only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from perennial.registry.records import Event, Version

FORMAT = 1
# What reading a record raises that does not have the fields it was written with.
DAMAGE = (AttributeError, KeyError, TypeError, ValueError)
_LEAST = 1e-130  # the registry holds no smaller magnitude: such numbers are stored as zero
_SETTLED = (  # of a version, what never changes once it is registered
    "model",
    "number",
    "run_id",
    "artifact_digest",
    "artifact_uri",
    "artifact_size",
    "dataset_digest",
    "spec_digest",
    "receipt_uri",
    "report_uri",
    "algorithm",
    "gates",
    "created_by",
    "receipt_digest",
)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a model's history.

    Attributes:
        sequence: of the last event; 0 where nothing has happened.
        digest: of the last event; empty where it has none.
        serving: sequence of the last event that changed the route; 0 where none did.
    """

    sequence: int = 0
    digest: str = ""
    serving: int = 0


def follow(event: Event, head: Head) -> Event:
    """The event as the next one after a head: numbered, linked and sealed."""
    sequence = head.sequence + 1
    linked = replace(
        event,
        sequence=sequence,
        previous=head.digest,
        serving=sequence if routes(event) else head.serving,
    )
    return replace(linked, digest=digest_of(linked))


def head_of(event: Event) -> Head:
    """The head of a history that ends with an event."""
    return Head(event.sequence, event.digest, event.serving)


def digest_of(event: Event) -> str:
    """SHA-256 over everything an event says, hexadecimal; its own `digest` is left out."""
    return _digest(
        {
            "format": FORMAT,
            "model": event.model,
            "sequence": event.sequence,
            "at": event.at,
            "by": event.by,
            "what": event.what,
            "subject": event.subject,
            "reason": event.reason,
            "details": dict(event.details),
            "serving": event.serving,
            "previous": event.previous,
        }
    )


def record_digest(version: Version) -> str:
    """SHA-256 over what never changes of a version: its registration's event holds it."""
    settled: dict[str, object] = {name: getattr(version, name) for name in _SETTLED}
    metrics = {name: _stored(value) for name, value in version.metrics.items()}
    return _digest({"format": FORMAT, **settled, "metrics": metrics})


def registered(event: Event, version: Version) -> Event:
    """The event of a registration, once the version has its number."""
    details = {**event.details, "record_digest": record_digest(version)}
    return replace(event, subject=f"version {version.number}", details=details)


def routes(event: Event) -> bool:
    """Whether the event changed the route: then its details say all of the new one."""
    return "champion" in event.details and event.subject.startswith("route ")


def version_of(event: Event) -> int | None:
    """The version an event is about before all others, or None.

    Of a change of route: the version that was rejected, else the one on its way, else the new
    champion.
    """
    noun, _, number = event.subject.partition(" ")
    if noun == "version":
        return _number(number)
    for name in ("rejected", "rollout_version", "champion", "version"):
        if name in event.details:
            return _number(event.details[name].partition(",")[0])
    return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _stored(value: float) -> float:
    return 0.0 if abs(value) < _LEAST else float(value)


def _digest(content: Mapping[str, object]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
