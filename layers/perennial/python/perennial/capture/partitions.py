"""Which files of captured predictions a stretch of time can lie in, found by listing keys."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from perennial.registry.files import Files
from perennial.registry.layout import CAPTURES, uri

_HOUR = "%Y-%m-%dT%H"
_ENDING = ".parquet"


@dataclass(frozen=True, slots=True, order=True)
class CaptureFile:
    """One file of captured predictions; they sort by hour, then version.

    Attributes:
        hour: when its predictions were made, `YYYY-MM-DDTHH`, UTC.
        version: that made them.
        uri: where it is.
        size: bytes.
    """

    hour: str
    version: int
    uri: str
    size: int


def capture_files(
    files: Files,
    bucket: str,
    model: str,
    start: datetime,
    end: datetime,
    versions: Collection[int] | None = None,
) -> Iterator[CaptureFile]:
    """The files that hold predictions from `start` until before `end`, in the order of time.

    Listing begins at the first hour of each version and stops after the last: what a model
    predicted before or since costs nothing.

    Args:
        files: the store.
        bucket: the data bucket.
        model: whose predictions.
        start: UTC, inclusive.
        end: UTC, exclusive.
        versions: only these; None for all.

    Raises:
        Unavailable: the store does not answer.
    """
    if end <= start:
        return
    first = f"{start:{_HOUR}}"
    last = f"{end - timedelta(microseconds=1):{_HOUR}}"
    prefix = uri(bucket, f"{CAPTURES}model={model}/")
    found = []
    for folder in files.folders(prefix):
        version = _version(folder.removeprefix(prefix))
        if version is not None and (versions is None or version in versions):
            found.append(_of_version(files, folder, version, first, last))
    yield from heapq.merge(*found)


def _version(folder: str) -> int | None:
    name, _, number = folder.rstrip("/").partition("=")
    return int(number) if name == "version" and number.isascii() and number.isdigit() else None


def _of_version(
    files: Files, folder: str, version: int, first: str, last: str
) -> Iterator[CaptureFile]:
    """The files of one version, whose keys sort by the hour."""
    for found in files.listed(f"{folder}hour=", after=f"{folder}hour={first}"):
        hour = found.uri.removeprefix(f"{folder}hour=").partition("/")[0]
        if hour > last:
            return
        if found.uri.endswith(_ENDING):
            yield CaptureFile(hour, version, found.uri, found.size)
