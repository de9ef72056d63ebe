"""The records of the registry, as values. Standard library only: serving reads them too."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class RunStatus(StrEnum):
    """Where a run stands; the last four are final."""

    QUEUED = "QUEUED"  # accepted; another run of the model is still training
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"  # its version was registered and put in service
    REJECTED = "REJECTED"  # the data does not fit the spec
    GATED = "GATED"  # trained, but a gate kept it from being registered
    FAILED = "FAILED"  # something broke; `reason` says what

    @property
    def final(self) -> bool:
        """Whether the run will not change any more."""
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING)


class VersionStatus(StrEnum):
    """What may be done with a version."""

    REGISTERED = "REGISTERED"
    RETIRED = "RETIRED"


@dataclass(frozen=True, slots=True)
class SourceObject:
    """The S3 object that started a run, exactly as it was: one version of one key."""

    bucket: str
    key: str
    version_id: str
    etag: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of the training workflow."""

    model: str
    run_id: str
    status: RunStatus
    source: SourceObject
    created_at: str  # ISO 8601, UTC, with milliseconds
    created_by: str  # identity or event source
    trigger: str  # upload, schedule, alarm, api
    updated_at: str
    reason: str = ""  # why it was rejected, gated or failed
    version: int | None = None  # the version it registered
    dataset_digest: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)  # of the holdout
    seconds: dict[str, float] = field(default_factory=dict)  # by step
    execution_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A registered, immutable result of a run."""

    model: str
    number: int
    run_id: str
    artifact_digest: str  # SHA-256 of the artifact's bytes, hexadecimal
    artifact_uri: str
    artifact_size: int  # bytes
    dataset_digest: str
    spec_digest: str
    receipt_uri: str
    report_uri: str
    algorithm: str
    metrics: dict[str, float]
    gates: tuple[str, ...]  # the gates it passed, as sentences
    created_at: str
    status: VersionStatus = VersionStatus.REGISTERED


@dataclass(frozen=True, slots=True)
class RoutedVersion:
    """What the predict function must know of a version to serve it without another read."""

    number: int
    artifact_digest: str
    artifact_uri: str


@dataclass(frozen=True, slots=True)
class Route:
    """Which versions serve a model. Changed only by a write conditional on `revision`."""

    model: str
    revision: int  # 1 for the first route of a model; each change adds one
    champion: RoutedVersion
    previous: RoutedVersion | None  # what to roll back to
    changed_at: str
    changed_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a model's history; written in the same transaction as what it tells of."""

    model: str
    sequence: int  # per model, from 1, without gaps
    at: str
    by: str
    what: str  # version_registered, route_changed
    subject: str  # e.g. "version 3", "route 7"
    reason: str
    details: dict[str, str] = field(default_factory=dict)
