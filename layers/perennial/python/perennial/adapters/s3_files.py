"""Files on S3 that are too large to hold: read in ranges, written in parts, copied in place."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, cast

from boto3.s3.inject import copy, upload_fileobj
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from perennial.adapters.aws import code_of
from perennial.adapters.s3 import S3ObjectStore, named
from perennial.registry.files import Listed, Stat
from perennial.registry.layout import split_uri
from perennial.registry.layout import uri as located

_PARTS = TransferConfig(multipart_chunksize=16 << 20, max_concurrency=4)
# S3 copies up to 5 GiB in one request; anything larger goes in parts.
_COPIES = TransferConfig(multipart_threshold=5 << 30, multipart_chunksize=512 << 20)


class S3Files(S3ObjectStore):
    """`perennial.registry.files.Files` on S3."""

    def stat(self, uri: str, version_id: str | None = None) -> Stat:
        """Size, tag and metadata of an object."""
        bucket, key = split_uri(uri)
        with named(uri, "looking for an object"):
            found = self._s3.head_object(Bucket=bucket, Key=key, **_version(version_id))
        etag, version = found["ETag"].strip('"'), found.get("VersionId", "")
        return Stat(found["ContentLength"], etag, found["Metadata"], version)

    def read_range(self, uri: str, start: int, size: int, version_id: str | None = None) -> bytes:
        """Bytes from `start` on; fewer than `size` where the object ends."""
        bucket, key = split_uri(uri)
        wanted = f"bytes={start}-{start + size - 1}"
        try:
            with named(uri, "reading an object"):
                found = self._s3.get_object(
                    Bucket=bucket, Key=key, Range=wanted, **_version(version_id)
                )
                return found["Body"].read()
        except ClientError as error:
            if code_of(error) != "InvalidRange":  # it ends before
                raise
            return b""

    def pour(self, pieces: Iterable[bytes], uri: str, content_type: str) -> None:
        """Store what comes piece by piece as one object, holding a few pieces at a time."""
        bucket, key = split_uri(uri)
        with named(uri, "storing an object"):
            upload_fileobj(
                self._s3,
                cast("BinaryIO", _Stream(iter(pieces))),
                bucket,
                key,
                ExtraArgs={"ContentType": content_type},
                Config=_PARTS,
            )

    def copy(self, source: str, target: str) -> None:
        """Copy an object inside S3."""
        (from_bucket, from_key), (bucket, key) = split_uri(source), split_uri(target)
        with named(source, "copying an object"):
            place = {"Bucket": from_bucket, "Key": from_key}
            copy(self._s3, place, bucket, key, Config=_COPIES)

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """The objects below a prefix, a page of a thousand at a time."""
        bucket, begin = split_uri(prefix)
        start = {"StartAfter": split_uri(after)[1]} if after else {}
        for page in self._pages(prefix, Bucket=bucket, Prefix=begin, **start):
            for found in page.get("Contents", ()):
                yield Listed(located(bucket, found["Key"]), found["Size"])

    def folders(self, prefix: str) -> Iterator[str]:
        """The folders right below a prefix."""
        bucket, begin = split_uri(prefix)
        for page in self._pages(prefix, Bucket=bucket, Prefix=begin, Delimiter="/"):
            for found in page.get("CommonPrefixes", ()):
                yield located(bucket, found["Prefix"])

    def _pages(self, prefix: str, **wanted: Any) -> Iterator[Any]:
        pages = iter(self._s3.get_paginator("list_objects_v2").paginate(**wanted))
        while True:
            with named(prefix, "listing objects"):
                page = next(pages, None)
            if page is None:
                return
            yield page


def _version(version_id: str | None) -> dict[str, Any]:
    return {"VersionId": version_id} if version_id else {}


class _Stream(io.RawIOBase):
    """An iterator of bytes as the file that boto3 wants."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Bytes, exactly as many as asked for unless there are no more."""
        parts, missing = [self._held], size - len(self._held)
        while missing > 0 or size < 0:
            piece = next(self._pieces, b"")
            if not piece:
                break
            parts.append(piece)
            missing -= len(piece)
        data = b"".join(parts)
        wanted = len(data) if size < 0 else size
        self._held = data[wanted:]
        return data[:wanted]
