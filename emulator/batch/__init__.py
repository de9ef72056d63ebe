"""AWS Batch that runs its jobs: as processes of the image's own entry point, on this machine."""

from emulator import seams
from emulator.batch import cloudformation
from emulator.batch.description import describe
from emulator.batch.records import Job, Records, Wire
from emulator.batch.resources import Resources
from emulator.batch.scheduler import Scheduler
from emulator.batch.service import Service
from emulator.settings import Settings


class Batch:
    """The service, its scheduler and its resources, put together."""

    def __init__(self, settings: Settings) -> None:
        self._records = Records()
        self._resources = Resources(self._records)
        self._scheduler = Scheduler(self._records, settings)
        self._service = Service(self._records, self._resources, self._scheduler)

    def install(self) -> None:
        """Answer requests for `batch`, and begin to schedule."""
        seams.register_service("batch", self._service)
        self._scheduler.start()

    def install_in_cloudformation(self) -> None:
        """Provision the resource types of templates."""
        cloudformation.install(self._resources, self._service)

    def stop(self) -> None:
        """Kill the running jobs."""
        self._scheduler.stop()

    def submit(self, request: Wire) -> Job:
        """SubmitJob.

        Raises:
            ServiceError: Batch refuses it.
        """
        return self._service.submit(request)

    def wait(self, job: Job, seconds: float) -> bool:
        """Wait until the job has ended, at most so long; whether it has."""
        return self._scheduler.wait(job, seconds)

    def terminate(self, job: Job, reason: str) -> None:
        """TerminateJob."""
        self._scheduler.end(job, reason, terminate=True)

    def describe(self, job: Job) -> Wire:
        """The job as DescribeJobs shows it."""
        with self._records.lock:
            return describe(job, self._records)


__all__ = ["Batch", "Job"]
