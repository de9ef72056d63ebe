"""Checks a training file against its spec on this machine, by the code that will check it there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from perennial.data.outcome import Validation
    from perennial.spec import ModelSpec

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in a file."""

    file: Path
    validation: Validation

    @property
    def accepted(self) -> bool:
        """Whether the file could be trained from."""
        return self.validation.accepted

    def as_json(self) -> dict[str, Any]:
        """The findings as JSON."""
        found = self.validation
        return {
            "file": str(self.file),
            "accepted": found.accepted,
            "reason": found.reason,
            "rows": found.rows,
            "errors": [asdict(problem) for problem in found.errors],
            "warnings": [asdict(problem) for problem in found.warnings],
        }

    def lines(self) -> Iterator[str]:
        """The findings for people."""
        verdict = "fits the spec" if self.accepted else "does not fit the spec"
        yield f"{self.file}: {self.validation.rows:,} rows; {verdict}"
        for problem in (*self.validation.errors, *self.validation.warnings):
            yield from lines_of(asdict(problem))


def check(file: Path, specs: Mapping[Path, ModelSpec]) -> Findings:
    """Check a training file against the one spec that was given.

    Raises:
        CommandError: there is no such file, or not exactly one spec.
    """
    from perennial.data.validation import validate
    from perennial.privacy.pseudonyms import Pseudonyms

    if len(specs) != 1:
        raise CommandError("--data needs exactly one spec to check against.", code=Exit.USAGE)
    if not file.is_file():
        raise CommandError(f"{file}: no such file.", code=Exit.NOT_FOUND)
    (spec,) = specs.values()
    with tempfile.TemporaryDirectory() as folder, file.open("rb") as stream:
        key = os.urandom(32)  # what is written here is gone with the folder
        found = validate(stream, file.name, spec, Path(folder), Pseudonyms(lambda: key))
        return Findings(file, found)


def lines_of(problem: Mapping[str, Any]) -> Iterator[str]:
    """A problem and some of its rows, as `validation.json` has them too."""
    where = f"{problem['column']}: " if problem.get("column") else ""
    count = problem["count"]
    times = f" ({count:,} row{'s' * (count != 1)})" if problem.get("examples") else ""
    yield f"  {problem['severity']}: {where}{problem['message']}{times}"
    for example in problem.get("examples", [])[:_EXAMPLES]:
        line = example.get("line")
        place = f"line {line}" if line is not None else f"row {example['row']}"
        value = example.get("value")
        yield f"    {place}" + (f": {value!r}" if value is not None else "")
