"""Puts a file where uploads arrive, and tells which run it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial.registry.layout import INCOMING
from perennial.registry.records import SourceObject

from cli.exits import CommandError, Exit
from cli.target import Target

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Progress = Callable[[int], None]  # called with the bytes sent since the last call


def upload(
    target: Target,
    bucket: str,
    model: str,
    path: Path,
    progress: Progress,
    *,
    folder: str = INCOMING,
    metadata: Mapping[str, str] | None = None,
) -> SourceObject:
    """Upload a file to `<folder><model>/<name>`; returns the very object version it became.

    Args:
        target: where to.
        bucket: of the deployment.
        model: whose file it is.
        path: the file.
        progress: is told of the bytes.
        folder: what the upload is for.
        metadata: what is said of the file.

    Raises:
        CommandError: the file cannot be read.
    """
    if not path.is_file():
        raise CommandError(f"{path}: no such file.", code=Exit.NOT_FOUND)
    key = f"{folder}{model}/{path.name}"
    s3: S3Client = target.client("s3")
    stored: dict[str, str] = {}

    def remember(parsed: dict[str, Any], **_: Any) -> None:
        # upload_file does not return this, and asking afterwards could meet a later upload.
        stored.update({k: parsed[k] for k in ("VersionId", "ETag") if k in parsed})

    events = [f"after-call.s3.{name}" for name in ("PutObject", "CompleteMultipartUpload")]
    for event in events:
        s3.meta.events.register(event, remember)
    try:
        said = {"Metadata": dict(metadata or {})}
        s3.upload_file(str(path), bucket, key, ExtraArgs=said, Callback=progress)
    finally:
        for event in events:
            s3.meta.events.unregister(event, remember)
    if "VersionId" not in stored and "ETag" in stored:
        # Not every store says it of an upload in parts; a later upload has another tag.
        found = s3.head_object(Bucket=bucket, Key=key, IfMatch=stored["ETag"])
        stored.update({"VersionId": found["VersionId"]} if "VersionId" in found else {})
    if "VersionId" not in stored:
        raise CommandError(f"The bucket {bucket} keeps no versions, so no run can start from it.")
    return SourceObject(
        bucket, key, stored["VersionId"], stored.get("ETag", "").strip('"'), path.stat().st_size
    )
