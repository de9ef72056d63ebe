"""The object store on S3."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from perennial.adapters.aws import client, code_of, translated
from perennial.errors import Unavailable
from perennial.registry.layout import split_uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any

MISSING = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound", "NoSuchBucket"})
READ_AHEAD = 1 << 20  # bytes
RESUMPTIONS = 5
IN_PARTS = 8 << 20  # bytes from which on a file is sent in parts: boto3's own threshold
CONFLICTS = 5  # of conditional writes to one key


class S3ObjectStore:
    """`perennial.registry.objects.ObjectStore` on S3."""

    def __init__(self, s3: S3Client | None = None) -> None:
        self._s3: S3Client = s3 if s3 is not None else client("s3")

    def read(self, uri: str) -> bytes:
        """All bytes of an object."""
        with self.open(uri) as stream:
            return stream.read()

    def open(self, uri: str, version_id: str | None = None) -> BinaryIO:
        """A buffered stream over an object; a connection that breaks is taken up again."""
        return cast("BinaryIO", io.BufferedReader(_Body(self._s3, uri, version_id), READ_AHEAD))

    def write(self, uri: str, body: bytes, content_type: str, *, once: bool = False) -> None:
        """Store bytes."""
        self._put(uri, io.BytesIO(body), content_type, once)

    def upload(self, path: Path, uri: str, content_type: str, *, once: bool = False) -> None:
        """Store a file, in parts when it is large (in one request of up to 5 GB with `once`)."""
        with path.open("rb") as body:
            if once or path.stat().st_size < IN_PARTS:
                self._put(uri, body, content_type, once)
                return
            from boto3.s3.inject import upload_fileobj  # 50 ms that smaller files do not pay

            bucket, key = split_uri(uri)
            with named(uri, "storing an object"):
                # Not upload_file: that hides the service's error code in a message.
                kind = {"ContentType": content_type}
                upload_fileobj(self._s3, body, bucket, key, ExtraArgs=kind)

    def download(self, uri: str, path: Path, version_id: str | None = None) -> None:
        """Fetch an object into a file."""
        with self.open(uri, version_id) as stream, path.open("wb") as file:
            shutil.copyfileobj(stream, file, READ_AHEAD)

    def exists(self, uri: str) -> bool:
        """Whether there is such an object."""
        bucket, key = split_uri(uri)
        try:
            with named(uri, "looking for an object"):
                self._s3.head_object(Bucket=bucket, Key=key)
        except FileNotFoundError:
            return False
        return True

    def _put(self, uri: str, body: BinaryIO, content_type: str, once: bool) -> None:
        bucket, key = split_uri(uri)
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if once else {}
        for remaining in range(CONFLICTS, -1, -1):
            body.seek(0)
            try:
                with named(uri, "storing an object"):
                    self._s3.put_object(
                        Bucket=bucket, Key=key, Body=body, ContentType=content_type, **condition
                    )
            except Unavailable as error:
                # Of two that write at the same moment one is told to try again.
                if not remaining or not _met_another(error):
                    raise
                continue
            except ClientError as error:
                if not once or code_of(error) != "PreconditionFailed":
                    raise
            return


def _met_another(error: Unavailable) -> bool:
    cause = error.__cause__
    return isinstance(cause, ClientError) and code_of(cause) == "ConditionalRequestConflict"


@contextmanager
def named(uri: str, action: str) -> Iterator[None]:
    """Turn S3's errors into those of the protocol."""
    try:
        with translated("S3", action):
            yield
    except ClientError as error:
        if code_of(error) not in MISSING:
            raise
        raise FileNotFoundError(uri) from error


class _Body(io.RawIOBase):
    """The bytes of one object version, read on from where a connection broke."""

    def __init__(self, s3: S3Client, uri: str, version_id: str | None) -> None:
        self._s3 = s3
        self._uri = uri
        self._which: dict[str, Any] = {"VersionId": version_id} if version_id else {}
        self._position = 0
        answer = self._request()
        self._size = int(answer["ContentLength"])
        self._stream = answer["Body"]
        # From here on only this very object will do, also where no version was asked for.
        self._which["IfMatch"] = answer["ETag"]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as one read goes.

        Raises:
            Unavailable: the connection broke, and so did those that took it up again.
        """
        for remaining in range(RESUMPTIONS, -1, -1):
            if self._position >= self._size:
                break
            try:
                with translated("S3", "reading an object"):
                    read = int(self._stream.readinto(buffer))
            except Unavailable:
                if not remaining:
                    raise
                self._stream = self._request()["Body"]
                continue
            self._position += read
            return read
        return 0

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()

    def _request(self) -> Any:
        bucket, key = split_uri(self._uri)
        rest: dict[str, Any] = {"Range": f"bytes={self._position}-"} if self._position else {}
        with named(self._uri, "reading an object"):
            return self._s3.get_object(Bucket=bucket, Key=key, **self._which, **rest)
