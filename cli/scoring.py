"""Starts the scoring of a file, or takes one up again where it failed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial.registry.intake import run_id_of
from perennial.registry.layout import SCORE, scored_model, split_uri
from perennial.registry.records import SourceObject

from cli.exits import CommandError, Exit
from cli.outputs import Deployment
from cli.steps import Steps
from cli.training import upload_file

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient

FORMAT = "perennial-format"  # metadata of an upload, as `perennial.scoring.plan` reads it


@dataclass(frozen=True, slots=True)
class Begun:
    """A scoring that was started.

    Attributes:
        run_id: the name of its execution.
        key: of the file, in the data bucket.
        beside: the file on this machine whose folder gets the results.
    """

    run_id: str
    key: str
    beside: Path


def execution_arn(deployment: Deployment, run_id: str) -> str:
    """The ARN of a scoring's execution."""
    machine = deployment.scoring["ScoringMachineArn"]
    return f"{machine.replace(':stateMachine:', ':execution:', 1)}:{run_id}"


def begin(deployment: Deployment, model: str, file: str, form: str | None, steps: Steps) -> Begun:
    """Upload a file, which starts its scoring; or start that of one that lies in S3 already.

    Raises:
        CommandError: there is no such file.
    """
    said = {FORMAT: str(form)} if form else {}
    if not file.startswith("s3://"):
        path = Path(file)
        started = upload_file(deployment, model, path, steps, folder=SCORE, metadata=said)
        return Begun(started.run_id, split_uri(started.uri)[1], path)
    bucket, key = _address(file)
    beside = Path(key.rpartition("/")[2])
    if bucket == deployment.storage["DataBucketName"] and scored_model(key) == model and not said:
        return _start(deployment, model, key, beside)
    source = _copied(deployment, model, bucket, key, said)
    return Begun(run_id_of(source), source.key, beside)


def resume(deployment: Deployment, run_id: str) -> Begun:
    """Redrive a scoring that failed: chunks that were scored stay.

    Raises:
        CommandError: there is no such run, or it did not fail.
    """
    client: SFNClient = deployment.target.client("stepfunctions")
    arn = execution_arn(deployment, run_id)
    try:
        found = client.describe_execution(executionArn=arn)
        client.redrive_execution(executionArn=arn)
    except client.exceptions.ExecutionDoesNotExist as error:
        raise CommandError(f"There is no scoring {run_id}.", code=Exit.NOT_FOUND) from error
    except client.exceptions.ExecutionNotRedrivable as error:
        raise CommandError(
            f"The scoring {run_id} is {found['status']}: there is nothing to take up.",
            code=Exit.USAGE,
        ) from error
    key = str(json.loads(found["input"])["source"]["key"])
    return Begun(run_id, key, Path(key.rpartition("/")[2]))


def _address(file: str) -> tuple[str, str]:
    try:
        return split_uri(file)
    except ValueError as error:
        raise CommandError(f"{file} is no s3://bucket/key.", code=Exit.USAGE) from error


def _start(deployment: Deployment, model: str, key: str, beside: Path) -> Begun:
    """Start the scoring of an object that was uploaded before, in an execution of its own."""
    source = _object(deployment, deployment.storage["DataBucketName"], key)
    run_id = f"{run_id_of(source)}-{int(time.time()):x}"
    client: SFNClient = deployment.target.client("stepfunctions")
    told = {"model": model, "run_id": run_id, "source": _document(source)}
    client.start_execution(
        stateMachineArn=deployment.scoring["ScoringMachineArn"],
        name=run_id,
        input=json.dumps(told),
    )
    return Begun(run_id, key, beside)


def _copied(
    deployment: Deployment, model: str, bucket: str, key: str, said: dict[str, str]
) -> SourceObject:
    """Copy an object to where files to score arrive, which starts its scoring."""
    s3: S3Client = deployment.target.client("s3")
    data, name = deployment.storage["DataBucketName"], key.rpartition("/")[2]
    target = f"{SCORE}{model}/{name}"
    replaced: Any = {"Metadata": said, "MetadataDirective": "REPLACE"} if said else {}
    s3.copy({"Bucket": bucket, "Key": key}, data, target, ExtraArgs=replaced)
    return _object(deployment, data, target)


def _object(deployment: Deployment, bucket: str, key: str) -> SourceObject:
    s3: S3Client = deployment.target.client("s3")
    found = s3.head_object(Bucket=bucket, Key=key)
    etag = found["ETag"].strip('"')
    return SourceObject(bucket, key, found.get("VersionId", ""), etag, found["ContentLength"])


def _document(source: SourceObject) -> dict[str, object]:
    return {name: getattr(source, name) for name in SourceObject.__slots__}
