"""Objects of S3 with all their versions, for forgetting: nothing else deletes any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from perennial.adapters.aws import client, code_of, translated
from perennial.adapters.s3 import MISSING, S3ObjectStore
from perennial.registry.layout import split_uri
from perennial.registry.layout import uri as located
from perennial.registry.stored import Changed, Stored

_LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


class S3Versions:
    """`perennial.registry.stored.VersionedStore` on S3."""

    def __init__(self, s3: Any = None) -> None:
        """Args: s3: the client, by default that of the process."""
        self._s3 = s3 if s3 is not None else client("s3")
        self._objects = S3ObjectStore(self._s3)

    def versions(self, prefix: str, after: str = "") -> Iterator[Stored]:
        """The versions below a prefix, a page of a thousand at a time."""
        bucket, begin = split_uri(prefix)
        start = {"KeyMarker": split_uri(after)[1]} if after else {}
        pages = iter(
            self._s3.get_paginator("list_object_versions").paginate(
                Bucket=bucket, Prefix=begin, **start
            )
        )
        while True:
            with translated("S3", "listing versions of objects"):
                page = next(pages, None)
            if page is None:
                return
            for found in page.get("Versions", ()):
                place = located(bucket, found["Key"])
                if place > after:
                    yield Stored(
                        place, found["VersionId"], found["IsLatest"], found["ETag"], found["Size"]
                    )

    def fetch(self, stored: Stored, path: Path) -> None:
        """Fetch a version into a file."""
        self._objects.download(stored.uri, path, stored.version_id)

    def replace(self, uri: str, path: Path, content_type: str, etag: str | None) -> None:
        """Put a file in the place of what was read, and of nothing else."""
        bucket, key = split_uri(uri)
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        try:
            with path.open("rb") as body, translated("S3", "replacing an object"):
                self._s3.put_object(
                    Bucket=bucket, Key=key, Body=body, ContentType=content_type, **condition
                )
        except ClientError as error:
            if code_of(error) not in _LOST | MISSING:
                raise
            raise Changed(uri) from error

    def remove(self, stored: Stored) -> None:
        """Delete one version for good."""
        bucket, key = split_uri(stored.uri)
        with translated("S3", "deleting a version of an object"):
            self._s3.delete_object(Bucket=bucket, Key=key, VersionId=stored.version_id)
