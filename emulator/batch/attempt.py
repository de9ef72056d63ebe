"""Runs one attempt of a job: image, role, log stream, process, outcome."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from emulator import containers, environment, roles, seams
from emulator.batch.records import Job, Wire
from emulator.errors import ServiceError, UnknownImage
from emulator.logs import LogStream
from emulator.settings import Settings

_SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")
_GRACE: Final = 30.0
_DEFAULT_GROUP: Final = "/aws/batch/job"


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended, in DescribeJobs's words."""

    exit_code: int | None
    reason: str
    status_reason: str
    timed_out: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether the container ended with 0."""
        return self.exit_code == 0

    def wire(self) -> Wire:
        """The fields retry rules match on."""
        return {
            "exitCode": self.exit_code,
            "reason": self.reason,
            "statusReason": self.status_reason,
        }


class Attempt:
    """One run of a job's container."""

    def __init__(self, job: Job, environment: str, settings: Settings) -> None:
        self._job = job
        self._environment = environment
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stop_asked = False
        self.task_arn: Final = (
            f"arn:aws:ecs:{job.region}:{job.account}:task/emulator/{uuid.uuid4().hex}"
        )
        self.log_stream: Final = self._stream()

    def run(self, started: Callable[[], None]) -> Outcome:
        """Run to the end; `started` is called when the process exists."""
        scratch = Path(tempfile.mkdtemp(prefix="job-"))
        try:
            order = self._order(scratch)
            self.log_stream.open(create_group=self._creates_group())
        except (UnknownImage, ServiceError) as error:
            return Outcome(None, "", str(error))
        try:
            with self._lock:
                if self._stop_asked:
                    return Outcome(None, "", "")
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    [sys.executable, "-I", "-S", str(_SUPERVISOR)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )
                self._tell(json.dumps(order))
            started()
            assert self._process.stdout is not None  # noqa: S101 - it is a pipe
            self._copy_log(self._process.stdout)
            self._process.wait()
            return self._outcome(Path(order["result"]))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def stop(self) -> None:
        """Ask the process to end; it is killed when it has not after half a minute."""
        with self._lock:
            self._stop_asked = True
            if self._process is not None:
                self._tell("stop")

    def kill(self) -> None:
        """End the process now."""
        with self._lock:
            self._stop_asked = True
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.close()

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            try:
                self._process.stdin.write(line.encode() + b"\n")
                self._process.stdin.flush()
            except (OSError, ValueError):
                return  # it has ended on its own

    def _order(self, scratch: Path) -> Wire:
        container = self._job.container
        image = containers.find(container["image"], self._settings.project)
        scale = self._settings.time_scale
        return {
            "command": image.command(container.get("command") or []),
            "folder": str(image.folder or scratch),
            "environment": {
                **environment.inherited(),
                **environment.without_aws_files(self._settings.state_dir),
                **image.environment,
                "HOME": str(scratch),
                "TMPDIR": str(scratch),
                "PYTHONUNBUFFERED": "1",
                "PERENNIAL_IMAGE": container["image"],  # what ECS's metadata would say
                **{item["name"]: item["value"] for item in container.get("environment", [])},
                **self._batch_variables(),
                **self._credentials(),
            },
            "memory_bytes": self._job.requirement("MEMORY") * 1024 * 1024,
            "timeout_seconds": self._job.timeout / scale if self._job.timeout else 1e9,
            "grace_seconds": _GRACE / scale,
            "result": str(scratch / "result.json"),
        }

    def _batch_variables(self) -> dict[str, str]:
        job = self._job
        variables = {
            "AWS_BATCH_JOB_ID": job.id,
            "AWS_BATCH_JOB_ATTEMPT": str(len(job.attempts) + 1),
            "AWS_BATCH_JQ_NAME": job.queue.rsplit("/", 1)[-1],
            "AWS_BATCH_CE_NAME": self._environment.rsplit("/", 1)[-1],
            "AWS_REGION": job.region,
            "AWS_DEFAULT_REGION": job.region,
            "AWS_ENDPOINT_URL": self._settings.endpoint,
        }
        if job.array_index is not None:
            variables["AWS_BATCH_JOB_ARRAY_INDEX"] = str(job.array_index)
        return variables

    def _credentials(self) -> dict[str, str]:
        role = self._job.container.get("jobRoleArn")
        if not role:
            return {}
        if not roles.trusts(role, "ecs-tasks.amazonaws.com"):
            raise ServiceError(
                "ClientException",
                f"ECS was unable to assume the role '{role}' that was provided for this task.",
            )
        return roles.session(role, f"batch-{self._job.id[:8]}").environment()

    def _stream(self) -> LogStream:
        job = self._job
        options = (job.container.get("logConfiguration") or {}).get("options") or {}
        definition = job.definition.rsplit("/", 1)[-1].partition(":")[0]
        prefix = options.get("awslogs-stream-prefix", definition)
        name = f"{prefix}/default/{self.task_arn.rsplit('/', 1)[-1]}"
        return LogStream(
            job.account, job.region, options.get("awslogs-group", _DEFAULT_GROUP), name
        )

    def _creates_group(self) -> bool:
        """Whether a missing log group is created; refuses an execution role that may not write."""
        container = self._job.container
        options = (container.get("logConfiguration") or {}).get("options") or {}
        job = self._job
        group = f"arn:aws:logs:{job.region}:{job.account}:log-group:{self.log_stream.group}"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            resource = f"{group}:log-stream:{self.log_stream.name}"
            if not roles.allowed(container["executionRoleArn"], action, resource, job.region):
                raise ServiceError(
                    "ResourceInitializationError",
                    f"failed to validate logger args: {container['executionRoleArn']} is not "
                    f"authorized to perform: {action} on resource: {resource}",
                )
        created = options.get("awslogs-create-group") == "true"
        return created or self.log_stream.group == _DEFAULT_GROUP

    def _copy_log(self, output: IO[bytes]) -> None:
        """Every line to the log stream, those that come together in one call."""
        pending = b""
        while chunk := os.read(output.fileno(), 65536):
            *lines, pending = (pending + chunk).split(b"\n")
            self._write(lines)
            time.sleep(0.01)
        self._write([pending])

    def _write(self, lines: list[bytes]) -> None:
        texts = [line.decode(errors="replace").rstrip("\r") for line in lines]
        kept = [text for text in texts if text]
        if kept:
            self.log_stream.write(kept)

    def _outcome(self, result: Path) -> Outcome:
        try:
            told = json.loads(result.read_text())
        except (OSError, ValueError):
            return Outcome(137, "", "Host emulator terminated")
        code = int(told["exit_code"])
        match told["ended"]:
            case "memory":
                reason = "OutOfMemoryError: Container killed due to memory usage"
                return Outcome(code, reason, "Essential container in task exited")
            case "timeout":
                return Outcome(code, "", "Job attempt duration exceeded timeout", timed_out=True)
            case "not-started":
                reason = f"CannotStartContainerError: {told['detail']}"
                return Outcome(None, reason, "Task failed to start")
            case _:
                return Outcome(code, "", "Essential container in task exited")


def in_scope(job: Job, action: Callable[[], None]) -> Callable[[], None]:
    """An action run in the job's account and region."""

    def run() -> None:
        with seams.scope(job.account, job.region):
            action()

    return run
