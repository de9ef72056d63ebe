"""What the API says about the approval of a version, and the operation by which people decide."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.registry.records import Approval

DECISIONS = ("approve", "reject")
PATH = "/v1/models/{model}/versions/{version}/approval"


def document(approval: Approval) -> dict[str, object]:
    """An approval as an answer; the token by which a workflow waits is no part of it."""
    return {
        "model": approval.model,
        "version": approval.version,
        "run_id": approval.run_id,
        "status": approval.status.value,
        "asked_at": approval.asked_at,
        "expires_at": approval.expires_at,
        "decided_at": approval.decided_at or None,
        "decided_by": approval.decided_by or None,
        "reason": approval.reason or None,
    }


def number_of(text: str | None) -> int:
    """The number of a version in a path; 0, which no version has, for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0
