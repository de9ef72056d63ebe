"""Follows the scoring of a file: its states, how many chunks are done, how fast it goes."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perennial.registry.layout import scores_prefix, split_uri

from cli.exits import CommandError, Exit
from cli.outputs import Deployment
from cli.scoring import Begun, execution_arn
from cli.steps import State, Step, Steps

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient

_TITLES = {
    "PlanChunks": "Plan chunks",
    "ScoreChunks": "Score chunks",
    "CollectScores": "Collect scores",
}
_START_SECONDS = 60.0  # two services deliver an upload
_SETTLE_SECONDS = 60.0  # the end of an execution and what is said of it are two events


@dataclass
class Follower:
    """One scoring that is being watched."""

    deployment: Deployment
    begun: Begun
    steps: Steps
    _shown: dict[str, Step] = field(default_factory=dict)
    _planned: dict[str, Any] = field(default_factory=dict)
    _rows: int = 0

    def follow(self, timeout: float | None = None) -> dict[str, Any]:
        """Watch until the scoring has ended; returns the manifest.

        Raises:
            CommandError: it did not start, nothing was said of its end, or the time is up.
        """
        began = time.monotonic()
        ended: float | None = None
        while True:
            status = self._look()
            now = time.monotonic()
            if status not in (None, "RUNNING"):
                ended = ended or now
                if (manifest := self._manifest(str(status))) is not None:
                    return manifest
            self._check_patience(status, now - began, now - ended if ended else 0.0, timeout)
            time.sleep(self.deployment.target.patience)

    def _look(self) -> str | None:
        client: SFNClient = self.deployment.target.client("stepfunctions")
        arn = execution_arn(self.deployment, self.begun.run_id)
        try:
            status = client.describe_execution(executionArn=arn)["status"]
        except client.exceptions.ExecutionDoesNotExist:
            return None
        pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
        for page in pages:
            for event in page["events"]:
                self._tell(event)
        running = self._shown.get("ScoreChunks")
        if running is not None and running.state is State.RUNNING:
            self._tell_chunks(client, arn, running)
        if status not in ("RUNNING", "SUCCEEDED"):
            for step in self._shown.values():
                if step.state is State.RUNNING:
                    self.steps.end(step, State.STOPPED)
        return status

    def _tell(self, event: Any) -> None:
        kind = str(event["type"])
        if kind.endswith("StateEntered"):
            name = event["stateEnteredEventDetails"]["name"]
            if name in _TITLES and name not in self._shown:
                self._shown[name] = self.steps.begin(_TITLES[name])
        elif kind.endswith("StateExited"):
            details = event["stateExitedEventDetails"]
            step = self._shown.get(details["name"])
            if step is None or step.state is not State.RUNNING:
                return
            if details["name"] == "PlanChunks":
                self._plan(json.loads(details["output"]))
            self.steps.end(step, detail=self._detail(details["name"], step))

    def _plan(self, planned: dict[str, Any]) -> None:
        self._planned = planned
        if planned["outcome"] == "PLANNED":
            bucket, key = split_uri(planned["prefix"] + "plan.json")
            self._rows = int(json.loads(self._read(bucket, key))["rows"])

    def _detail(self, name: str, step: Step) -> str:
        chunks = self._planned.get("chunks", 0)
        if name == "ScoreChunks":
            return f"{_counted(chunks)}, {self._rows / step.elapsed:,.0f} rows/s"
        if name != "PlanChunks":
            return ""
        if self._planned["outcome"] == "PLANNED":
            return f"{self._rows:,} rows in {_counted(chunks)}"
        return "scored before" if self._planned["outcome"] == "REUSED" else "refused"

    def _tell_chunks(self, client: SFNClient, arn: str, step: Step) -> None:
        runs = client.list_map_runs(executionArn=arn)["mapRuns"]
        if not runs:
            return
        counts = client.describe_map_run(mapRunArn=runs[0]["mapRunArn"])["itemCounts"]
        done, chunks = counts["succeeded"], max(1, self._planned.get("chunks", 1))
        speed = self._rows * done / chunks / max(step.elapsed, 0.1)
        failed = f", {counts['failed']} failed" if counts["failed"] else ""
        step.detail = f"{done} of {chunks} chunks{failed}, {speed:,.0f} rows/s"

    def _manifest(self, status: str) -> dict[str, Any] | None:
        """What is said beside the file, once it is about the end that was seen."""
        s3: S3Client = self.deployment.target.client("s3")
        key = f"{scores_prefix(self.begun.key)}manifest.json"
        try:
            found: dict[str, Any] = json.loads(
                self._read(self.deployment.storage["DataBucketName"], key)
            )
        except s3.exceptions.NoSuchKey:
            return None
        mine = found["run_id"] == self.begun.run_id
        late = status == "SUCCEEDED" and str(found["reason"]).startswith("the workflow ended")
        return found if mine and not late else None

    def _read(self, bucket: str, key: str) -> bytes:
        s3: S3Client = self.deployment.target.client("s3")
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def _check_patience(
        self, status: str | None, waited: float, settled: float, timeout: float | None
    ) -> None:
        run = self.begun.run_id
        if timeout is not None and waited > timeout:
            raise CommandError(
                f"The scoring {run} has not ended within {timeout:g} s; it goes on.",
                advice="Its results will lie beside the file in S3.",
                code=Exit.TIMEOUT,
            )
        if status is None and waited > _START_SECONDS:
            raise CommandError(
                f"The upload started no scoring within {_START_SECONDS:g} s.",
                advice="`perennial logs submit` shows what became of it.",
                code=Exit.UNAVAILABLE,
            )
        if settled > _SETTLE_SECONDS:
            raise CommandError(
                f"The scoring {run} has ended {status}, and nothing was said of it.",
                advice="`perennial logs collect` shows why.",
                code=Exit.RUN_FAILED,
            )


def _counted(chunks: int) -> str:
    return f"{chunks} chunk{'' if chunks == 1 else 's'}"
