"""The object store as the domain sees it. `perennial.adapters.s3` is it on AWS."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Protocol


class ObjectStore(Protocol):
    """Named bytes in buckets. All methods raise `Unavailable` when the store does not answer."""

    def read(self, uri: str) -> bytes:
        """All bytes of an object.

        Raises:
            FileNotFoundError: there is none.
        """
        ...

    def open(self, uri: str, version_id: str | None = None) -> BinaryIO:
        """A stream over an object, for files too large to hold.

        Raises:
            FileNotFoundError: there is none.
        """
        ...

    def write(self, uri: str, body: bytes, content_type: str, *, once: bool = False) -> None:
        """Store bytes; with `once` an object that is there already is left as it is.

        `once` is for keys that name their content by its digest: nothing overwrites them.
        """
        ...

    def upload(self, path: Path, uri: str, content_type: str, *, once: bool = False) -> None:
        """Store a file without holding it in memory; `once` as for `write`."""
        ...

    def download(self, uri: str, path: Path, version_id: str | None = None) -> None:
        """Fetch an object into a file.

        Raises:
            FileNotFoundError: there is none.
        """
        ...

    def exists(self, uri: str) -> bool:
        """Whether there is such an object."""
        ...
