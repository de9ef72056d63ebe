"""What is left where rows were removed: it tells a removal on request from tampering.

Standard library only. Beside the data of a dataset whose rows were removed lies `removed.json`,
its tombstone. The dataset keeps the digest it is known by; the tombstone says which digests its
file may have since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from perennial.registry.objects import ObjectStore

FORMAT = 1
TOMBSTONE = "removed.json"  # below a dataset's prefix
EVENT = "person_forgotten"  # in the history of a model


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal of rows from a dataset.

    Attributes:
        request_id: of the request to forget.
        at: when, ISO 8601, UTC.
        rows: how many.
        subject: a keyed hash of the person; says of two removals whether they are of one person.
        file_digest: SHA-256 of the data's file afterwards, hexadecimal.
    """

    request_id: str
    at: str
    rows: int
    subject: str
    file_digest: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What was removed from a dataset since it was written.

    Attributes:
        model: whose dataset it is.
        dataset_digest: by which it is known: that of the file as it was trained on.
        removals: in their order.
    """

    model: str
    dataset_digest: str
    removals: tuple[Removal, ...] = ()

    def accounts_for(self, file_digest: str) -> bool:
        """Whether a file of this digest is what the removals left, or the dataset as it was."""
        known = {self.dataset_digest, *(one.file_digest for one in self.removals)}
        return file_digest in known

    def with_removal(self, removal: Removal) -> Tombstone:
        """The same with one more removal."""
        return replace(self, removals=(*self.removals, removal))

    @property
    def rows(self) -> int:
        """Rows removed in all."""
        return sum(one.rows for one in self.removals)

    def to_json(self) -> bytes:
        """The file's content."""
        document = {"format": FORMAT, **asdict(self)}
        return (json.dumps(document, indent=2) + "\n").encode()

    @classmethod
    def from_json(cls, body: bytes) -> Tombstone:
        """A tombstone out of its file.

        Raises:
            ValueError: it is none.
        """
        try:
            document: Mapping[str, Any] = json.loads(body)
            if document["format"] != FORMAT:
                raise ValueError("the tombstone has another format")
            removals = tuple(_removal(one) for one in document["removals"])
            return cls(document["model"], document["dataset_digest"], removals)
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError("it is no tombstone of a dataset") from error


def _removal(said: Mapping[str, Any]) -> Removal:
    """A removal; raises TypeError of what is none."""
    texts = [value for name, value in said.items() if name != "rows"]
    if type(said.get("rows")) is not int or not all(isinstance(text, str) for text in texts):
        raise TypeError("a removal has a number of rows, and texts")
    return Removal(**said)


def read_tombstone(store: ObjectStore, dataset_prefix: str) -> Tombstone | None:
    """What was removed from a dataset, or None: it is as it was written.

    Args:
        store: the object store.
        dataset_prefix: `s3://` URI of the dataset, as `layout.dataset_prefix` has it.

    Raises:
        ValueError: there is something else in its place.
        Unavailable: the store does not answer.
    """
    try:
        return Tombstone.from_json(store.read(dataset_prefix + TOMBSTONE))
    except FileNotFoundError:
        return None


@dataclass(slots=True)
class Found:
    """What was found of a person, and removed unless it was only looked for.

    Attributes:
        rows: removed, by what they lay in: captures, truth, datasets and others.
        files: deleted whole, likewise: uploads, and what was scored.
        versions: stored versions of objects that are gone.
        datasets: digests of the datasets that held the person.
        unreadable: files that could not be read, so that nothing is known of them.
        changed: whether this pass found anything.
    """

    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    versions: int = 0
    datasets: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    changed: bool = False

    def count_rows(self, place: str, rows: int) -> None:
        """Add rows of one place."""
        self.rows[place] = self.rows.get(place, 0) + rows

    def count_file(self, place: str) -> None:
        """Add a file of one place."""
        self.files[place] = self.files.get(place, 0) + 1
