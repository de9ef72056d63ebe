"""What Batch knows: compute environments, job queues, job definitions and jobs."""

import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

Wire = dict[str, Any]
Status = Literal["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"]
ENDED: Final = ("SUCCEEDED", "FAILED")


@dataclass
class Job:
    """One job, or one child of an array job.

    Times are in milliseconds since the epoch. `container` and `attempts` are in the shape
    DescribeJobs answers with.
    """

    id: str
    arn: str
    account: str
    region: str
    name: str
    queue: str
    definition: str
    container: Wire
    parameters: dict[str, str]
    retry: Wire
    timeout: int | None
    depends_on: list[Wire]
    tags: dict[str, str]
    propagate_tags: bool
    created_at: int
    status: Status = "SUBMITTED"
    status_reason: str = ""
    started_at: int | None = None
    stopped_at: int | None = None
    attempts: list[Wire] = field(default_factory=list)
    array_size: int | None = None
    array_index: int | None = None
    parent: str | None = None
    end_requested: Literal["", "cancelled", "terminated"] = ""

    @property
    def ended(self) -> bool:
        """Whether it will change no more."""
        return self.status in ENDED

    def requirement(self, kind: str) -> float:
        """The amount of `VCPU` or `MEMORY` (MiB) it asks for; 0 when it asks for none."""
        for requirement in self.container.get("resourceRequirements", []):
            if requirement["type"] == kind:
                return float(requirement["value"])
        return 0.0


class Records:
    """All records of one emulator, by ARN (jobs by id). Guarded by `lock`."""

    def __init__(self) -> None:
        self.lock: Final = threading.RLock()
        self.environments: Final[dict[str, Wire]] = {}
        self.queues: Final[dict[str, Wire]] = {}
        self.definitions: Final[dict[str, Wire]] = {}
        self.jobs: Final[dict[str, Job]] = {}

    def children(self, parent: Job) -> Iterator[Job]:
        """The children of an array job, by index."""
        for index in range(parent.array_size or 0):
            yield self.jobs[f"{parent.id}:{index}"]

    def dump(self) -> Wire:
        """Everything, as JSON."""
        with self.lock:
            return {
                "environments": dict(self.environments),
                "queues": dict(self.queues),
                "definitions": dict(self.definitions),
                "jobs": [asdict(job) for job in self.jobs.values()],
            }

    def load(self, saved: Wire) -> None:
        """Take over what `dump` gave; a job that ran then has failed since."""
        with self.lock:
            self.environments.update(saved["environments"])
            self.queues.update(saved["queues"])
            self.definitions.update(saved["definitions"])
            for fields in saved["jobs"]:
                job = Job(**fields)
                if job.status in ("STARTING", "RUNNING"):
                    job.status, job.status_reason = "FAILED", "Host emulator terminated"
                self.jobs[job.id] = job

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            for store in (self.environments, self.queues, self.definitions, self.jobs):
                store.clear()
