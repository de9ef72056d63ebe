"""`docs/scoring.md` says what the code does: fields, columns, limits and wishes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from perennial.registry.layout import SCORE, SCORES, SCORING
from perennial.scoring import assembly, cutting, parquet_plan, plan, reading
from perennial.scoring.manifest import Counts, Outcome, document_of, manifest_uri
from perennial.scoring.records import PREDICTIONS, REJECTED, ScoringStatus

from tests.unit.scoring.bank import Bank, csv_of, rows

PAGE = (Path(__file__).parents[3] / "docs" / "scoring.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, str]:
    """The rows of the first table below a heading."""
    below = PAGE.split(f"\n{heading}\n", 1)[1]
    lines = re.split(r"\n#+ ", below)[0].splitlines()
    cells = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines
        if line.startswith("|")
    ]
    return {row[0]: row[1] for row in cells[2:]}


def test_every_field_of_the_manifest_is_documented(bank: Bank) -> None:
    outcome = bank.run(csv_of(rows(250)))
    document = document_of(bank.upload(b"x"), outcome) | {"seconds": 1.0, "ended_at": ""}
    documented = {name for key in table("### The manifest") for name in re.findall(r"`(\w+)`", key)}
    assert documented == set(document) - {"format"}
    told = table("### The manifest")
    assert set(re.findall(r"`(\w+)`", told["`counts`"])) == set(Counts.__slots__)
    assert set(re.findall(r"`([A-Z]+)`", told["`status`"])) == set(ScoringStatus)
    json.dumps(document)


def test_every_column_of_the_outputs_is_documented(bank: Bank) -> None:
    bank.run(csv_of([rows(1)[0] | {"age": 1}, *rows(200)]))
    documented = table("## What comes back")
    for name, exempt in ((PREDICTIONS, {"client"}), (REJECTED, {"client"})):
        ((_, told),) = [(key, of) for key, of in documented.items() if name in key]
        for column in set(bank.output(f"{name}.csv")[0]) - exempt:
            spelled = "probability_<label>" if column.startswith("probability") else column
            assert f"`{spelled}`" in told


def test_wishes_and_places_are_documented() -> None:
    assert set(table("## What a file needs")) == {
        f"`{plan.FORMAT_WANTED}`",
        f"`{plan.ROWS_WANTED}`",
    }
    assert f"`{SCORE}<model>/<name>{SCORES}/`" in PAGE
    assert f"`{SCORING}<model>/<digest>/`" in PAGE


def test_limits_are_documented() -> None:
    assert f"{cutting.MOST_CHUNKS:,} chunks" in PAGE
    assert f"at most {reading.MOST_ROWS:,} rows" in PAGE
    assert f"more than {assembly.LARGEST_WHOLE >> 30} GiB stay in parts" in PAGE
    assert f"up to {parquet_plan.MOST_SLICES} slices" in PAGE


def test_the_manifest_lies_where_the_page_says(bank: Bank) -> None:
    request = bank.upload(b"x", "a.csv")
    assert manifest_uri(request) == "s3://data/score/bank/a.csv.scores/manifest.json"
    assert document_of(request, Outcome(ScoringStatus.FAILED))["status"] == "FAILED"
