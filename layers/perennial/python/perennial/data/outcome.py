"""What comes of a validation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from perennial.data.problems import Problem, Problems, Severity
from perennial.data.profile import Profile
from perennial.data.source import SourceFacts
from perennial.data.verdict import reason


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The dataset as written to a local file."""

    path: Path
    digest: str  # SHA-256 of the file's bytes, hexadecimal
    rows: int
    sample: pa.Table | None = None  # some rows of the features anybody may see


@dataclass(frozen=True, slots=True)
class Validation:
    """What came of a file."""

    accepted: bool
    reason: str  # empty when accepted
    rows: int
    repeated_rows: int
    source: SourceFacts | None  # None when it could not be told what the file is
    errors: list[Problem]
    warnings: list[Problem]
    profile: Profile | None  # None when the rows could not be read to their end
    snapshot: Snapshot | None  # None when rejected


def concluded(
    problems: Problems,
    rows: int,
    repeated: int,
    facts: SourceFacts | None,
    profile: Profile | None,
    snapshot: Snapshot | None,
) -> Validation:
    """The outcome that the problems found lead to."""
    return Validation(
        accepted=not problems.fatal,
        reason=reason(problems),
        rows=rows,
        repeated_rows=repeated,
        source=facts,
        errors=problems.of(Severity.ERROR),
        warnings=problems.of(Severity.WARNING),
        profile=profile,
        snapshot=snapshot,
    )
