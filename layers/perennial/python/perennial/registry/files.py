"""An object store for files too large to hold. `perennial.adapters.s3_files` is it on AWS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from perennial.registry.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Stat:
    """What is known of an object without reading it.

    Attributes:
        size: bytes.
        etag: changes with the content.
        metadata: what the uploader said of it.
        version_id: of this very version; empty where the bucket keeps none.
    """

    size: int
    etag: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    version_id: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing shows it.

    Attributes:
        uri: where it is.
        size: bytes.
    """

    uri: str
    size: int


class Files(ObjectStore, Protocol):
    """Objects too large to hold. All methods raise `Unavailable` when the store is not there."""

    def stat(self, uri: str, version_id: str | None = None) -> Stat:
        """Size, tag and metadata of an object.

        Raises:
            FileNotFoundError: there is none.
        """
        ...

    def read_range(self, uri: str, start: int, size: int, version_id: str | None = None) -> bytes:
        """Bytes from `start` on; fewer than `size` where the object ends.

        Raises:
            FileNotFoundError: there is no such object.
        """
        ...

    def pour(self, pieces: Iterable[bytes], uri: str, content_type: str) -> None:
        """Store what comes piece by piece as one object, holding a few pieces at a time."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Copy an object inside the store.

        Raises:
            FileNotFoundError: there is none.
        """
        ...

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """The objects whose URI begins with `prefix`, in the order of their keys, lazily.

        Args:
            prefix: an `s3://` URI; a bucket and the beginning of keys.
            after: only URIs that sort after this one; it need not exist.
        """
        ...

    def folders(self, prefix: str) -> Iterator[str]:
        """The folders right below a prefix that ends in a slash: URIs that end in one, too."""
        ...
