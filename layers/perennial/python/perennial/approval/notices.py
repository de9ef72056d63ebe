"""What people are told of approvals, in plain sentences that can be read aloud."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.registry.records import Approval, ApprovalStatus, Version

_PAGE = "docs/approval.md"
_SHOWN = 6  # metrics


@dataclass(frozen=True, slots=True)
class Telling:
    """A subject, and sentences in paragraphs."""

    subject: str
    text: str


def asked(approval: Approval, version: Version) -> Telling:
    """A version waits: what it is, what it reached, and how to decide.

    The commands sign with the credentials of whoever runs them; nothing in the notice is a secret.
    """
    named = f"{approval.model} {approval.version}"
    metrics = ", ".join(
        f"{name} {value:.4g}" for name, value in sorted(version.metrics.items())[:_SHOWN]
    )
    lines = [
        f"Version {approval.version} of {approval.model} passed its gates and waits for an "
        f"approval until {approval.expires_at}.",
        f"Trained by: {approval.trained_by or 'nobody named'}, run {version.run_id}, "
        f"{version.algorithm}, dataset {version.dataset_digest[:12]}.",
        f"On the holdout: {metrics}.",
        f"Gates passed: {'; '.join(version.gates) or 'none'}.",
        f"To read before: {version.card_uri or version.report_uri}",
        f"To see it here: perennial card {named}",
        f"To approve: perennial approve {named} --reason '...'",
        f"To reject: perennial reject {named} --reason '...'",
        f"More about this: {_PAGE}",
    ]
    return Telling(
        f"{approval.model}: version {approval.version} waits for an approval", _joined(lines)
    )


def ended(approval: Approval) -> Telling:
    """What became of a version that waited."""
    number, model = approval.version, approval.model
    said = {
        ApprovalStatus.APPROVED: "is approved and comes into service",
        ApprovalStatus.REJECTED: "is rejected and will not serve",
        ApprovalStatus.EXPIRED: "waited in vain: its time is over, and it will not serve",
        ApprovalStatus.SUPERSEDED: "waits no more: a newer one has come",
    }[approval.status]
    lines = [
        f"Version {number} of {model} {said}.",
        f"By {approval.decided_by} at {approval.decided_at}: {approval.reason}.",
        f"More about this: {_PAGE}",
    ]
    return Telling(f"{model}: version {number} {said.split(':')[0]}", _joined(lines))


def not_served(approval: Approval, why: str) -> Telling:
    """A version that is approved could not be put in service."""
    number, model = approval.version, approval.model
    lines = [
        f"Version {number} of {model} is approved by {approval.decided_by}, and could not be put "
        f"in service: {why}",
        f"To do it by hand: perennial route {model} {number} --reason '...'",
        f"More about this: {_PAGE}",
    ]
    return Telling(f"{model}: version {number} is approved and does not serve", _joined(lines))


def _joined(lines: list[str]) -> str:
    return "\n\n".join(lines) + "\n"
