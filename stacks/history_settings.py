"""Settings of how histories are guarded."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field


class HeadsLock(StrEnum):
    """Who may remove the end of a history before its time, once S3 Object Lock holds it."""

    NONE = "none"  # nothing is locked; the bucket's policy alone keeps them
    GOVERNANCE = "governance"  # who has the right to bypass the lock
    COMPLIANCE = "compliance"  # nobody, the account's root included


class HistorySettings(BaseModel):
    """When ends of histories are written down, who may remove them, and when all is audited."""

    anchor_minutes: int = Field(
        default=15,
        ge=1,
        le=1440,
        description="How often the end of each history is written down outside of the registry.",
    )
    audit_hours: int = Field(
        default=24,
        ge=1,
        le=48,
        description="How often all histories are audited; what is found raises an alarm.",
    )
    heads_lock: HeadsLock = Field(
        default=HeadsLock.NONE,
        description="S3 Object Lock on these ends, in a bucket of their own: `none`, `governance` "
        "or `compliance`.",
    )
    heads_lock_days: int = Field(
        default=365, ge=1, le=36_500, description="How long that lock holds each of them."
    )
