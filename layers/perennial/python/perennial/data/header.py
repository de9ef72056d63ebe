"""Checks the names of a file's columns against the spec."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence

from perennial.data.problems import ProblemKind, Problems
from perennial.spec import ModelSpec


def check_header(header: Sequence[str], spec: ModelSpec, problems: Problems) -> None:
    """Note columns that are missing, unknown or there twice."""
    wanted = spec.columns
    if not set(wanted) & set(header):
        problems.add(
            ProblemKind.MISSING_COLUMN,
            None,
            f"line 1 names none of the {len(wanted)} columns expected, "
            f"such as {wanted[0]!r}; is the header missing?",
            count=len(wanted),
        )
        return
    for name, times in Counter(header).items():
        if times > 1:
            told = f"the header names it {times} times"
            problems.add(ProblemKind.DUPLICATE_COLUMN, name, told, count=times)
    for name in wanted:
        if name not in header:
            problems.add(
                ProblemKind.MISSING_COLUMN, name, f"is missing from the file{_near(name, header)}"
            )
    for name in dict.fromkeys(header):
        if name not in wanted and name not in (*spec.excluded, *spec.privacy.dropped):
            told = "is in the file and not in the spec; make it a feature or exclude it"
            problems.add(ProblemKind.EXTRA_COLUMN, name, told)


def _near(name: str, header: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, header, n=1, cutoff=0.75)
    return f"; it has {near[0]!r}" if near else ""
