"""Puts a training file where uploads arrive, and tells which run it starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial.registry.layout import INCOMING
from perennial.registry.records import SourceObject

from cli.exits import CommandError, Exit
from cli.target import Target

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Progress = Callable[[int], None]  # called with the bytes sent since the last call


def upload(target: Target, bucket: str, model: str, path: Path, progress: Progress) -> SourceObject:
    """Upload a file to `incoming/<model>/<name>`; returns the very object version it became.

    Raises:
        CommandError: the file cannot be read.
    """
    if not path.is_file():
        raise CommandError(f"{path}: no such file.", code=Exit.NOT_FOUND)
    key = f"{INCOMING}{model}/{path.name}"
    s3: S3Client = target.client("s3")
    stored: dict[str, str] = {}

    def remember(parsed: dict[str, Any], **_: Any) -> None:
        # upload_file does not return this, and asking afterwards could meet a later upload.
        stored.update({k: parsed[k] for k in ("VersionId", "ETag") if k in parsed})

    events = [f"after-call.s3.{name}" for name in ("PutObject", "CompleteMultipartUpload")]
    for event in events:
        s3.meta.events.register(event, remember)
    try:
        s3.upload_file(str(path), bucket, key, Callback=progress)
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
