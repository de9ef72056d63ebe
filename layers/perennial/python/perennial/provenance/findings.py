"""What an audit finds, by names that scripts can rely on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong. `docs/audit.md` says what to make of each."""

    EDITED_EVENT = "edited-event"  # its digest is not that of its content
    REMOVED_EVENT = "removed-event"  # a sequence number is missing
    MOVED_EVENT = "moved-event"  # it lies where another sequence number belongs
    BROKEN_LINK = "broken-link"  # it does not name the digest of the one before
    UNSEALED_EVENT = "unsealed-event"  # it has no digest, though one before it has
    REMOVED_TAIL = "removed-tail"  # the head, or an anchor, is of an event that is not there
    FORGED_HEAD = "forged-head"  # the head is not that of the last event
    REWRITTEN = "rewritten"  # an anchor outside of the table says otherwise
    UNTOLD_ROUTE = "untold-route"  # the route is not the one the history tells of
    UNTOLD_VERSION = "untold-version"  # the status of a version is not the one told of
    EDITED_VERSION = "edited-version"  # a version is not what was registered
    MISSING_VERSION = "missing-version"  # a version that was registered is not there
    MISINDEXED = "misindexed"  # the index lists an event or a version elsewhere, or not at all
    CHANGED_OBJECT = "changed-object"  # artifact, receipt or dataset are not what was registered


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be.

    Attributes:
        kind: what is wrong.
        where: `event 7`, `version 3`, `head` and the like.
        says: a sentence.
    """

    kind: Kind
    where: str
    says: str

    def document(self) -> dict[str, str]:
        """As JSON."""
        return {"kind": self.kind.value, "where": self.where, "says": self.says}
