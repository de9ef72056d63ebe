"""`docs/outcomes.md` says what the code does."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from perennial.outcomes.columns import truth_schema
from perennial.outcomes.join import JoinCounts
from perennial.outcomes.rejects import MOST
from perennial.outcomes.rules import MEMBERS, TOLERANCE
from perennial.outcomes.summary import INCOMPLETE, RECORDED, REJECTED
from perennial.serving.openapi.outcomes import MAX_OUTCOMES
from perennial.serving.rows import MAX_BODY
from perennial.spec.source import parse_spec

from tests.unit.outcomes.world import SPEC

PAGE = (Path(__file__).parents[3] / "docs" / "outcomes.md").read_text(encoding="utf-8")


def rows(heading: str, table: int = 0) -> list[list[str]]:
    """The cells of a table below a heading."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ")[0]
    found = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)[table]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in found.splitlines()[2:]
    ]


def named(cells: list[list[str]], place: int = 0) -> list[str]:
    return [name for row in cells for name in re.findall(r"`(\w+)`", row[place])]


def test_every_member_is_documented() -> None:
    assert named(rows("Sending")) == list(MEMBERS)


def test_every_column_of_the_truth_is_documented_with_its_type() -> None:
    schema = truth_schema(parse_spec(SPEC))
    expected = [[field.name, str(field.type)] for field in schema]
    assert [[row[0].strip("`"), row[1]] for row in rows("How it is kept")] == expected


def test_every_status_of_a_file_is_documented() -> None:
    assert named(rows("Files", 1)) == [RECORDED, INCOMPLETE, REJECTED]


def test_every_count_of_the_join_is_documented() -> None:
    told = set(named(rows("How it is joined"), 2))
    known = {field.name for field in fields(JoinCounts)}
    assert told <= known
    assert known - told == {"predictions", "joined", "outcomes", "matched", "left_out"}


def test_limits_are_those_of_the_code() -> None:
    assert f"Up to {MAX_OUTCOMES:,} outcomes and {MAX_BODY // 2**20} MiB" in PAGE
    assert f"the first {MOST:,} refused rows" in PAGE
    assert TOLERANCE.total_seconds() == 5 * 60
    assert "more than five minutes" in PAGE
