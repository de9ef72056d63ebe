"""Objects with all their versions. `perennial.adapters.s3_versions` is the store on AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of an object.

    Attributes:
        uri: of the object.
        version_id: of this version.
        latest: whether it is what readers get.
        etag: changes with the content.
        size: bytes.
    """

    uri: str
    version_id: str
    latest: bool
    etag: str
    size: int


class Changed(Exception):
    """An object is no longer what it was when it was read."""


class VersionedStore(Protocol):
    """A store that keeps versions. All methods raise `Unavailable` when it does not answer."""

    def versions(self, prefix: str, after: str = "") -> Iterator[Stored]:
        """The versions below a prefix, object by object in the order of their keys.

        Marks of deletion hold nothing and are left out.

        Args:
            prefix: an `s3://` URI.
            after: only objects that sort after this URI.
        """
        ...

    def fetch(self, stored: Stored, path: Path) -> None:
        """Fetch a version into a file.

        Raises:
            FileNotFoundError: it is gone.
        """
        ...

    def replace(self, uri: str, path: Path, content_type: str, etag: str | None) -> None:
        """Put a file in the place of the object whose content has this tag; None: of nothing.

        Raises:
            Changed: the object has another one, or is gone.
        """
        ...

    def remove(self, stored: Stored) -> None:
        """Delete one version for good."""
        ...
