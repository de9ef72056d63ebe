"""What S3 tells of an upload: the object, exactly as it is, and who brought it.

S3 tells in two forms. A notification names the principal by its unique id, the one that API
Gateway has for `caller` and IAM for `aws:userid`; an event on EventBridge names the account only.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from perennial.errors import MissingSetting
from perennial.registry.intake import TrainingRequest
from perennial.registry.layout import incoming_model
from perennial.registry.records import SourceObject

_OURS = "AWS:"  # comes before the id of a principal of IAM


def notified(body: str) -> list[TrainingRequest]:
    """The requests in a notification; none in S3's test of a new destination.

    Args:
        body: JSON, as S3 sends it to a queue. Keys in it are URL-encoded.

    Raises:
        MissingSetting: the bucket keeps no versions.
    """
    records = json.loads(body).get("Records") or []
    found = (_of_record(record) for record in records)
    return [request for request in found if request is not None]


def announced(detail: Mapping[str, Any]) -> TrainingRequest | None:
    """The request in the detail of an event on EventBridge, whose keys are not encoded.

    Raises:
        MissingSetting: the bucket keeps no versions.
    """
    stored = detail["object"]
    source = _source(
        detail["bucket"]["name"],
        stored["key"],
        stored.get("version-id"),
        stored["etag"],
        stored["size"],
    )
    return _request(source, str(detail.get("requester", "s3")))


def _of_record(record: Mapping[str, Any]) -> TrainingRequest | None:
    stored = record["s3"]["object"]
    source = _source(
        record["s3"]["bucket"]["name"],
        unquote_plus(stored["key"]),
        stored.get("versionId"),
        stored["eTag"],
        stored["size"],
    )
    who = str((record.get("userIdentity") or {}).get("principalId") or "s3")
    return _request(source, who.removeprefix(_OURS))


def _request(source: SourceObject, by: str) -> TrainingRequest | None:
    model = incoming_model(source.key)
    return None if model is None else TrainingRequest(model, source, "upload", by)


def _source(bucket: str, key: str, version: str | None, etag: str, size: Any) -> SourceObject:
    if not version:
        raise MissingSetting(f"the bucket {bucket} keeps no versions; a run is of one version")
    return SourceObject(bucket=bucket, key=key, version_id=version, etag=etag, size=int(size))
