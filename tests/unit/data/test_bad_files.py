"""Files that are not what they should be end in a rejection that says where and why."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.data.problems import ProblemKind

from tests.unit.data.loans import HEADER, problem, rows, run, text, with_cell, zipped


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"age": [1, 2]}), sink)
    return sink.getvalue()


BAD: dict[str, tuple[bytes, str]] = {
    "nothing at all": (b"", "the file is empty (0 bytes)"),
    "only empty lines": (b"\n\n\n", "line 1: there is no header"),
    "header only": (text([]).encode(), "0 rows; expected at least 20"),
    "header without line break": (",".join(HEADER).encode(), "0 rows; expected at least 20"),
    "too few rows": (text(rows(5)).encode(), "5 rows; expected at least 20"),
    "a row too long": (with_cell(3, "job", "a,b").encode(), "line 5 has 7 values; expected 6"),
    "a row too short": (
        text().replace(",clerk", "", 1).encode(),
        "line 2 has 5 values; expected 6",
    ),
    "a null byte": (text().encode().replace(b"nurse", b"nu\0rse", 1), "line 3, byte 13: a null"),
    "an unknown delimiter": (text(delimiter="~").encode(), "line 1, column 1: nothing separates"),
    "an unknown encoding": (
        text().encode().replace(b"nurse", b"nur\x81\x8d", 1),
        "line 3, byte 14: the text is of an unknown encoding (byte 0x81); expected UTF-8",
    ),
    "UTF-8 that breaks": (
        ("\ufeff" + text()).encode().replace(b"nurse", b"nur\xff", 1),
        "line 3, byte 14: the text is not UTF-8 (byte 0xff)",
    ),
    "UTF-16 without a mark": (text().encode("utf-16-le"), "is it UTF-16 without"),
    "an open quote": (with_cell(3, "job", '"nurse').encode(), "line 5: a quoted value begins"),
    "half a gzip": (zipped(text())[:-30], "the gzip stream breaks off"),
    "a broken gzip": (zipped(text())[:20] + b"\0" * 200, "the gzip stream is damaged"),
    "gzip of nothing": (zipped(""), "the file is empty"),
    "an Excel workbook": (b"PK\x03\x04" + b"\0" * 100, "a ZIP archive or an Excel workbook"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "a PNG image"),
    "JSON": (b'{"age": 1}', "the file is JSON"),
    "an HTML page": (b"\n <html><body>403</body>", "an HTML page"),
    "half a Parquet file": (parquet()[:-20], "its index at the end is missing or damaged"),
    "no header": (text(header=rows()[0]).encode(), "is the header missing?"),
    "a missing column": (text(header=["years", *HEADER[1:]]).encode(), "'age' is missing"),
    "an extra column": (
        "".join(line + ",x\n" for line in text().splitlines()).encode(),
        "column 'x' is in the file and not in the spec",
    ),
    "a column twice": (
        "".join(line + "," + line.split(",")[0] + "\n" for line in text().splitlines()).encode(),
        "column 'age': the header names it 2 times",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_rejected_with_the_place_and_what_was_expected(
    what: str, tmp_path: Path
) -> None:
    content, told = BAD[what]
    validation = run(content, tmp_path)
    assert not validation.accepted
    assert validation.snapshot is None
    assert told in validation.reason


def test_every_ragged_row_is_counted_and_the_first_twenty_are_named(tmp_path: Path) -> None:
    body = rows(60)
    for row in body[10:40]:
        row.append("surplus")
    found = problem(run(text(body), tmp_path), ProblemKind.RAGGED_ROW)
    assert found.count == 30
    assert [example.line for example in found.examples] == list(range(12, 32))


def test_other_problems_of_a_ragged_file_are_found_with_their_lines(tmp_path: Path) -> None:
    body = rows()
    body[5].append("surplus")
    body[8][0] = "old"
    found = problem(run(text(body), tmp_path), ProblemKind.WRONG_TYPE)
    assert [(example.line, example.value) for example in found.examples] == [(10, "old")]


def test_a_file_whose_name_misleads_is_read_by_its_content(tmp_path: Path) -> None:
    validation = run(text(), tmp_path, name="loans.parquet")
    assert validation.accepted
    assert "content is csv" in problem(validation, ProblemKind.NAME_DISAGREES).message


def test_latin_1_is_read_and_said(tmp_path: Path) -> None:
    content = text().replace("clerk", "büro").encode("latin-1")
    validation = run(content, tmp_path)
    assert problem(validation, ProblemKind.ASSUMED_ENCODING)
    assert problem(validation, ProblemKind.UNSEEN_CATEGORY).examples[0].value == "büro"


@pytest.mark.parametrize(
    "content",
    [
        ("\ufeff" + text()).encode(),
        text().encode("utf-16"),
        text().replace("\n", "\r\n").encode(),
        text().replace("\n", "\r").encode(),
        text(delimiter=";").encode(),
        text(delimiter="\t").encode(),
        text(delimiter="|").encode(),
        text().rstrip("\n").encode(),
        text().replace("\n", "\n\n").encode(),
        zipped(text()),
        zipped(text()[:100]) + zipped(text()[100:]),
        text().replace("clerk", '"clerk"').encode(),
    ],
    ids=["bom", "utf-16", "crlf", "cr", "semicolon", "tab", "pipe", "no last line break",
         "empty lines", "gzip", "gzip members", "quoted"],
)  # fmt: skip
def test_the_same_rows_in_any_form_are_the_same_dataset(content: bytes, tmp_path: Path) -> None:
    plain = run(text(), tmp_path)
    other = run(content, tmp_path)
    assert plain.snapshot is not None
    assert other.snapshot is not None
    assert other.snapshot.digest == plain.snapshot.digest


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"x", "line 3 does not end within 64 MiB; expected a line break"),
        (b'"x', "line 3: a quoted value begins and is never closed; expected a closing quote"),
    ],
    ids=["a line", "a quoted value"],
)
def test_a_record_without_an_end_is_rejected_long_before_the_file_ends(
    value: bytes, told: str, tmp_path: Path
) -> None:
    begun = text(rows(1)).encode() + value
    validation = run(begun + b"x" * (80 << 20), tmp_path)
    assert validation.reason == told
    assert validation.source is not None
    assert validation.source.size < 80 << 20
