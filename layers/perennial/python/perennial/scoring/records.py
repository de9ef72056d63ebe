"""What plan, score and collect tell each other, as values with a JSON form."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Self

from perennial.data.sniffing import Format
from perennial.registry.records import RoutedVersion
from perennial.scoring.request import Request
from perennial.spec import ModelSpec

# Counted up when the same input would give another result; an earlier result is then not reused.
RESULT_FORMAT = 1

JSON = "application/json"
# Names below a scoring's own prefix.
PLAN = "plan.json"
CHUNKS = "chunks.json"
RESULT = "result.json"
# Names below the folder beside the file.
MANIFEST = "manifest.json"
PREDICTIONS, REJECTED = "predictions", "rejected"


class ScoringStatus(StrEnum):
    """How the scoring of a file ended."""

    SUCCEEDED = "SUCCEEDED"  # every row was scored
    PARTIAL = "PARTIAL"  # some rows were rejected or lost, as far as the spec tolerates it
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of a file that one call scores.

    Attributes:
        number: its place in the file, from 0.
        first_row: number of its first row, 1 for the first of the file.
        rows: how many.
        first_line: of a text file: the line its first row begins on.
        start: of a text file: offset of its first byte.
        size: of a text file: bytes.
        unpacked: a copy of the chunk as plain UTF-8, when the file itself is something else.
        groups: of Parquet: first row group, and the one after the last.
        skip: of Parquet: rows of the first row group that belong to the chunk before.
    """

    number: int
    first_row: int
    rows: int
    first_line: int = 0
    start: int = 0
    size: int = 0
    unpacked: str = ""
    groups: tuple[int, int] = (0, 0)
    skip: int = 0

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """An item of the chunk list."""
        return cls(**{**document, "groups": tuple(document["groups"])})

    def copied_to(self, location: str) -> Self:
        """The chunk with a copy of its text at `location`."""
        return replace(self, unpacked=location)

    def to_json(self) -> dict[str, Any]:
        """As an item of the chunk list."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a chunk's call must know beside the chunk; the version is pinned here.

    Attributes:
        request: what was asked for.
        spec: of the model, as it was when the file was planned.
        version: which scores all chunks, whatever becomes of the route.
        input_format: of the file.
        output_format: of what comes of it.
        header: names of the file's columns.
        classes: labels in the order of the probabilities; None of a regression.
        delimiter: of a text file.
        rows: of the whole file.
        sha256: of the file, where all of it was read.
    """

    request: Request
    spec: ModelSpec
    version: RoutedVersion
    input_format: Format
    output_format: Format
    header: tuple[str, ...]
    classes: tuple[str, ...] | None
    delimiter: str = ""
    rows: int = 0
    sha256: str | None = None

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """What `to_json` made."""
        return cls(
            request=Request.from_json(document["request"]),
            spec=ModelSpec.model_validate(document["spec"]),
            version=RoutedVersion(**document["version"]),
            input_format=Format(document["input_format"]),
            output_format=Format(document["output_format"]),
            header=tuple(document["header"]),
            classes=None if document["classes"] is None else tuple(document["classes"]),
            delimiter=document["delimiter"],
            rows=document["rows"],
            sha256=document["sha256"],
        )

    def to_json(self) -> dict[str, Any]:
        """As it is kept beside the chunks."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            **plain,
            "request": self.request.to_json(),
            "spec": self.spec.model_dump(mode="json"),
            "version": asdict(self.version),
        }

    @property
    def id_column(self) -> str | None:
        """The column whose values are carried over, if the file has it."""
        wanted = self.spec.id_column
        return wanted if wanted in self.header else None


@dataclass(frozen=True, slots=True)
class Part:
    """One file of output, of a chunk or of the whole.

    Attributes:
        uri: where it lies.
        rows: in it.
        size: bytes.
        sha256: of its bytes.
    """

    uri: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of one chunk; a kind of output without rows has no part."""

    number: int
    rows: int
    predictions: Part | None = None
    rejected: Part | None = None
    seconds: float = field(default=0.0, compare=False)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """What `to_json` made."""
        parts = {
            name: Part(**document[name]) if document[name] else None
            for name in (PREDICTIONS, REJECTED)
        }
        return cls(document["number"], document["rows"], **parts, seconds=document["seconds"])

    def to_json(self) -> dict[str, Any]:
        """As it is kept beside the parts."""
        return asdict(self)
