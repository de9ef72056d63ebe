"""Moves jobs from SUBMITTED to their end: dependencies, capacity, attempts, retries."""

import logging
import os
import threading
import time
from typing import Final

from emulator.batch import retry
from emulator.batch.attempt import Attempt, Outcome, in_scope
from emulator.batch.description import describe
from emulator.batch.records import Job, Records, Status, Wire
from emulator.outbox import OUTBOX, Event
from emulator.settings import Settings

_log = logging.getLogger("emulator.batch")
# However much a compute environment offers, this machine runs no more jobs at once.
_MACHINE_SLOTS: Final = max(2, os.cpu_count() or 2)


class Scheduler:
    """One thread that decides, and one for each job that runs."""

    def __init__(self, records: Records, settings: Settings) -> None:
        self._records = records
        self._settings = settings
        self._changed = threading.Condition(records.lock)
        self._attempts: dict[str, Attempt] = {}
        self._placed: dict[str, str] = {}  # running jobs and their compute environments
        self._stopping = False

    def start(self) -> None:
        """Begin to decide."""
        threading.Thread(target=self._run, name="batch", daemon=True).start()

    def stop(self) -> None:
        """End every running attempt now and start no more."""
        with self._changed:
            self._stopping = True
            for attempt in self._attempts.values():
                attempt.kill()
            self._changed.notify_all()

    def wake(self) -> None:
        """Look again: something was submitted or changed."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, job: Job, seconds: float) -> bool:
        """Wait until the job has ended, at most so long; whether it has."""
        with self._changed:
            if not job.ended:
                self._changed.wait(seconds)
            return job.ended

    def end(self, job: Job, reason: str, *, terminate: bool) -> None:
        """CancelJob, and TerminateJob for jobs that have started too."""
        with self._changed:
            if job.ended:
                return
            job.end_requested = "terminated" if terminate else "cancelled"
            for child in self._records.children(job):
                self.end(child, reason, terminate=terminate)
            if job.status in ("STARTING", "RUNNING"):
                if terminate:
                    job.status_reason = reason
                    attempt = self._attempts.get(job.id)
                    if attempt is not None:
                        threading.Thread(target=attempt.stop, daemon=True).start()
            elif job.array_size is None:
                self._finish(job, "FAILED", reason)
            else:
                job.status_reason = reason
            self._changed.notify_all()

    def _run(self) -> None:
        with self._changed:
            while not self._stopping:
                try:
                    self._decide()
                except Exception:
                    _log.exception("scheduling failed")
                self._changed.wait(1.0)

    def _decide(self) -> None:
        jobs = list(self._records.jobs.values())
        for job in jobs:
            if job.status == "SUBMITTED":
                self._move(job, "PENDING")
        for job in jobs:
            if job.status == "PENDING":
                self._advance(job)
        waiting = [job for job in jobs if job.status == "RUNNABLE"]
        waiting.sort(key=lambda job: (-self._priority(job), job.created_at, job.array_index or 0))
        for job in waiting:
            self._place(job)

    def _advance(self, job: Job) -> None:
        if job.array_size is not None:
            self._conclude_array(job)
            return
        states = [self._dependency(job, item) for item in self._dependencies(job)]
        if "FAILED" in states:
            self._finish(job, "FAILED", "Dependent Job failed")
        elif all(state == "SUCCEEDED" for state in states):
            self._move(job, "RUNNABLE")

    def _conclude_array(self, parent: Job) -> None:
        children = list(self._records.children(parent))
        if all(child.ended for child in children):
            failed = any(child.status == "FAILED" for child in children)
            reason = parent.status_reason or ("Array Child Job failed" if failed else "")
            self._finish(parent, "FAILED" if failed else "SUCCEEDED", reason)

    def _dependencies(self, job: Job) -> list[dict[str, str]]:
        parent = self._records.jobs.get(job.parent or "")
        return job.depends_on if parent is None else parent.depends_on

    def _dependency(self, job: Job, item: dict[str, str]) -> Status:
        kind, index = item.get("type"), job.array_index
        if kind == "SEQUENTIAL" and index is not None:
            if index == 0 and not item.get("jobId"):
                return "SUCCEEDED"
            return self._records.jobs[f"{job.parent}:{index - 1}"].status
        if kind == "N_TO_N" and index is not None:
            return self._records.jobs[f"{item['jobId']}:{index}"].status
        return self._records.jobs[item["jobId"]].status

    def _priority(self, job: Job) -> int:
        queue = self._records.queues.get(job.queue)
        return int(queue["priority"]) if queue else 0

    def _place(self, job: Job) -> None:
        """Start the job if a compute environment of its queue has room."""
        if len(self._attempts) >= _MACHINE_SLOTS or self._stopping:
            return
        queue = self._records.queues.get(job.queue)
        if queue is None:
            return
        biggest = 0.0
        for item in sorted(queue["computeEnvironmentOrder"], key=lambda each: int(each["order"])):
            environment = self._records.environments.get(item["computeEnvironment"])
            if environment is None or environment["state"] != "ENABLED":
                continue
            limit = float(environment["computeResources"]["maxvCpus"])
            biggest = max(biggest, limit)
            arn = environment["computeEnvironmentArn"]
            used = sum(
                self._records.jobs[key].requirement("VCPU")
                for key, placed in self._placed.items()
                if placed == arn
            )
            if used + job.requirement("VCPU") <= limit:
                self._begin(job, arn)
                return
        if job.requirement("VCPU") > biggest:
            job.status_reason = (
                "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU) "
                "is higher than that can be met by the CE(s) attached to the job queue."
            )

    def _begin(self, job: Job, environment: str) -> None:
        job.status_reason = ""
        self._placed[job.id] = environment
        attempt = Attempt(job, environment, self._settings)
        self._attempts[job.id] = attempt
        self._move(job, "STARTING")
        run = in_scope(job, lambda: self._attempt(job, attempt))
        threading.Thread(target=run, name=f"job-{job.id[:8]}", daemon=True).start()

    def _attempt(self, job: Job, attempt: Attempt) -> None:
        begun = _now()

        def started() -> None:
            with self._changed:
                job.started_at = begun
                job.container["logStreamName"] = attempt.log_stream.name
                job.container["taskArn"] = attempt.task_arn
                self._move(job, "RUNNING")

        try:
            outcome = attempt.run(started)
        except Exception as error:
            _log.exception("job %s: the attempt could not be made", job.id)
            outcome = Outcome(None, "", f"{type(error).__name__}: {error}")
        with self._changed:
            self._attempts.pop(job.id, None)
            self._placed.pop(job.id, None)
            self._record(job, attempt, outcome, begun)
            self._settle(job, outcome)
            self._changed.notify_all()

    def _record(self, job: Job, attempt: Attempt, outcome: Outcome, begun: int) -> None:
        container: Wire = {
            "taskArn": attempt.task_arn,
            "logStreamName": attempt.log_stream.name,
            "networkInterfaces": [],
        }
        told = {"exitCode": outcome.exit_code, "reason": outcome.reason or None}
        container |= {key: value for key, value in told.items() if value is not None}
        job.attempts.append(
            {
                "container": container,
                "startedAt": begun,
                "stoppedAt": _now(),
                "statusReason": outcome.status_reason,
            }
        )
        job.container.pop("reason", None)
        job.container.update({k: v for k, v in container.items() if k != "networkInterfaces"})

    def _settle(self, job: Job, outcome: Outcome) -> None:
        if job.end_requested == "terminated":
            self._finish(job, "FAILED", job.status_reason)
        elif outcome.succeeded:
            self._finish(job, "SUCCEEDED", outcome.status_reason)
        elif (
            not outcome.timed_out
            and not job.end_requested
            and retry.again(job.retry, len(job.attempts), outcome.wire())
        ):
            job.status_reason = outcome.status_reason
            self._move(job, "RUNNABLE")
        else:
            self._finish(job, "FAILED", outcome.status_reason)

    def _finish(self, job: Job, status: Status, reason: str) -> None:
        job.stopped_at = _now()
        job.status_reason = reason
        self._move(job, status)
        self._changed.notify_all()

    def _move(self, job: Job, status: Status) -> None:
        job.status = status
        _log.info("job %s (%s): %s %s", job.id, job.name, status, job.status_reason)
        OUTBOX.send(
            Event(
                account=job.account,
                region=job.region,
                source="aws.batch",
                detail_type="Batch Job State Change",
                detail=describe(job, self._records),
                resources=(job.arn,),
            )
        )


def _now() -> int:
    return int(time.time() * 1000)
