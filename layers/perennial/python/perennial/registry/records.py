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
    REJECTED = (
        "REJECTED"  # lost its rollout, or was rolled back: a person alone puts it in service again
    )
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
    usage: dict[str, float] = field(default_factory=dict)  # of its jobs: perennial.cost.run
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
    created_by: str = ""  # who started its run; empty of versions older than this field
    receipt_digest: str = ""  # of the receipt; empty of versions older than this field
    card_uri: str = ""  # the model card a person reads; empty of versions older than this field


@dataclass(frozen=True, slots=True)
class RoutedVersion:
    """What the predict function must know of a version to serve it without another read."""

    number: int
    artifact_digest: str
    artifact_uri: str


@dataclass(frozen=True, slots=True)
class Route:
    """Which versions serve a model. Changed only by a write conditional on `revision`.

    At most one of `challenger` and `shadow` is there; both belong to the rollout named.
    """

    model: str
    revision: int  # 1 for the first route of a model; each change adds one
    champion: RoutedVersion
    previous: RoutedVersion | None  # the last good one: what to roll back to
    changed_at: str
    changed_by: str
    reason: str
    earlier: tuple[RoutedVersion, ...] = ()  # good ones before `previous`, the latest first
    challenger: RoutedVersion | None = None  # answers a share of the requests
    share: float = 0.0  # that share, between 0 and 1
    shadow: RoutedVersion | None = None  # is asked beside the champion, and answers nobody
    rollout_id: str = ""  # of the rollout that set challenger or shadow; divides the callers


class RolloutStatus(StrEnum):
    """Where a rollout stands; all but the first three are final."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"  # by a person, or because nothing could be decided
    WAITING = "WAITING"  # for an approval that its spec has come to ask for; then it goes on
    PROMOTED = "PROMOTED"  # the challenger is the champion
    REJECTED = "REJECTED"  # the judge found it worse, or an alarm ended it
    ENDED = "ENDED"  # by a person
    SUPERSEDED = "SUPERSEDED"  # another version came into service meanwhile

    @property
    def final(self) -> bool:
        """Whether the rollout will not change any more."""
        under_way = (RolloutStatus.RUNNING, RolloutStatus.PAUSED, RolloutStatus.WAITING)
        return self not in under_way


@dataclass(frozen=True, slots=True)
class RolloutStep:
    """One step of a rollout, as the spec had it when it began."""

    strategy: str  # shadow, canary, ab
    share: float  # of the requests that the challenger answers; 0 for a shadow
    bake_seconds: int
    minimum_requests: int


@dataclass(frozen=True, slots=True)
class Rollout:
    """One version on its way into service. Changed only conditional on `revision`."""

    model: str
    rollout_id: str
    revision: int  # from 1; each change adds one
    status: RolloutStatus
    version: int  # the challenger
    champion: int  # whom it challenges
    steps: tuple[RolloutStep, ...]
    step: int  # place in `steps`
    step_began_at: str
    began_at: str
    began_by: str
    updated_at: str
    reason: str = ""  # why it stands where it does, as a sentence
    findings: str = ""  # what the judge last saw, as JSON


@dataclass(frozen=True, slots=True)
class Automation:
    """What was done for a model without a person, and whether more may be.

    Changed only conditional on `revision`. Times are ISO 8601, UTC, with milliseconds.
    """

    model: str
    revision: int = 0  # 0: nothing is stored yet
    halted: str = ""  # why nothing is done any more until a person says so; empty: it is
    halted_at: str = ""
    retrainings: tuple[str, ...] = ()  # when the latest were started, the newest last
    rollbacks: tuple[str, ...] = ()  # when the latest took place, the newest last
    failures: int = 0  # retrainings in a row that put no version in service
    retraining_run: str = ""  # the retraining, then its run, whose end is not accounted for yet
    rolled_back_revision: int = 0  # of the route that the latest rollback was ordered for
    settled_revision: int = 0  # of the latest route that served until its alarms had time to go on
    held: str = ""  # why a retraining that is due waits; empty: none does
    pending: str = ""  # what was decided and may not be done or told yet, as JSON
    told: tuple[str, ...] = ()  # the ends of workflows that people were told of, the newest last
    updated_at: str = ""


class ApprovalStatus(StrEnum):
    """Where the approval of a version stands; all but the first are final."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"  # nobody decided in time
    SUPERSEDED = "SUPERSEDED"  # a newer version was asked for meanwhile


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether people let a version into service. Changed only conditional on `revision`."""

    model: str
    version: int
    run_id: str
    status: ApprovalStatus
    revision: int  # from 1; each change adds one
    trained_by: str  # unique id of the principal that brought the data, or what else is known
    asked_at: str  # ISO 8601, UTC, with milliseconds, as all times here
    expires_at: str
    decided_at: str = ""
    decided_by: str = ""  # ARN of the principal
    decided_by_id: str = ""  # its unique id
    reason: str = ""  # why it was decided so, as a sentence


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a model's history; written in the same transaction as what it tells of."""

    model: str
    sequence: int  # per model, from 1, without gaps
    at: str
    by: str
    what: str  # version_registered, route_changed and others: docs/operations.md lists them
    subject: str  # e.g. "version 3", "route 7"
    reason: str
    details: dict[str, str] = field(default_factory=dict)
    previous: str = ""  # digest of the event before; empty of the first that has a digest
    digest: str = ""  # of all the rest; empty of events older than this field
    serving: int = 0  # sequence of the last event that changed the route, this one included
