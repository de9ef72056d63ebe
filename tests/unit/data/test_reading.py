"""What was written as CSV is read back, wherever the file happens to be cut into blocks."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Literal
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perennial.data.blocks import blocks, end_of_records
from perennial.data.columns import Column, ColumnType, Role
from perennial.data.dialect import sniff
from perennial.data.encodings import Transcoder
from perennial.data.problems import Problems
from perennial.data.quotes import quoted
from perennial.data.source import Source

# Everything that makes CSV hard; a value is never empty, so that no record is an empty line.
VALUE = st.text(st.sampled_from('ab1"\n\r,; ü€'), min_size=1, max_size=8)
TABLE = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(VALUE, min_size=width, max_size=width), min_size=1, max_size=12)
)
EXAMPLES = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def written(header: list[str], body: list[list[str]], delimiter: str, ending: str) -> str:
    sink = io.StringIO(newline="")
    # Some versions of the module leave a lone carriage return unquoted, which ends a line.
    bare = any("\r" in value for row in body for value in row)
    quoting: Literal[0, 1] = csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL
    writer = csv.writer(sink, delimiter=delimiter, lineterminator=ending, quoting=quoting)
    writer.writerows([header, *body])
    return sink.getvalue()


def read(content: bytes, header: list[str], folder: Path, size: int) -> list[list[str]]:
    with mock.patch("perennial.data.source.BLOCK", size):
        source = Source(io.BytesIO(content), "x.csv", header, folder / "x")
    columns = [Column(name, Role.FEATURE, ColumnType.TEXT) for name in header]
    problems = Problems()
    found: list[list[str]] = []
    for chunk in source.chunks(columns, (), problems):
        assert chunk.first_row == len(found)
        found += [list(row.values()) for row in chunk.table.to_pylist()]
    assert not problems.fatal
    return found


@EXAMPLES
@given(TABLE, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.integers(40, 200))
def test_quoted_tables_come_back_whatever_the_block_size(
    tmp_path: Path, table: list[list[str]], delimiter: str, ending: str, size: int
) -> None:
    header = [f"column_{place}" for place in range(len(table[0]))]
    content = written(header, table, delimiter, ending)
    # A carriage return inside quotes stays as it is; so does everything else.
    assert read(content.encode(), header, tmp_path, size) == table
    assert read(("\ufeff" + content).encode(), header, tmp_path, size) == table
    assert read(content.encode("utf-16"), header, tmp_path, 2 * size) == table
    assert read(gzip.compress(content.encode()), header, tmp_path, size) == table


@EXAMPLES
@given(st.text(st.sampled_from('ab"\n,'), max_size=60), st.integers(1, 20))
def test_blocks_are_the_text_cut_where_records_end(content: str, size: int) -> None:
    data = content.encode()
    if quoted(data, ",").unclosed is not None:
        return
    stream = io.BytesIO(data)
    pieces = list(blocks(stream.read, Transcoder(data), ",", size))
    assert b"".join(piece.text for piece in pieces) == data
    at = 0
    for piece in pieces:
        assert piece.first_line == 1 + data.count(b"\n", 0, at)
        at += len(piece.text)
        assert at == len(data) or quoted(data, ",").around(at) is None


@EXAMPLES
@given(st.text(st.sampled_from('a"\n,'), max_size=40))
def test_quotes_are_told_apart_as_the_csv_module_does(content: str) -> None:
    """Whole records: the module finds as many rows in both halves as in the whole."""
    data = content.encode()
    end, unclosed = end_of_records(data, ",")
    if unclosed is not None:
        return

    def rows(part: str) -> list[list[str]]:
        return list(csv.reader(io.StringIO(part, newline="")))

    assert rows(content[:end]) + rows(content[end:]) == rows(content)


@EXAMPLES
@given(st.text(max_size=200), st.integers(1, 50))
def test_utf_8_passes_unchanged_wherever_it_is_cut(content: str, size: int) -> None:
    content = content.replace("\0", "").replace('"', "")
    data = content.encode()
    if data.startswith(b"\xef\xbb\xbf"):
        return
    stream = io.BytesIO(data)
    pieces = list(blocks(stream.read, Transcoder(data), "\x01", size))
    assert b"".join(piece.text for piece in pieces) == data


@EXAMPLES
@given(st.lists(st.sampled_from(["a", "\n", "ä ", "ß.", "€b"]), max_size=80), st.integers(1, 50))
def test_latin_1_becomes_utf_8_wherever_it_is_cut(parts: list[str], size: int) -> None:
    content = "".join(parts)  # two letters beyond ASCII in a row might well be UTF-8
    data = content.encode("cp1252")
    transcode = Transcoder(data)
    pieces = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    found = [transcode(piece, last=piece is pieces[-1]) for piece in pieces]
    assert b"".join(found).decode() == content


def test_the_delimiter_is_the_one_that_yields_the_expected_columns() -> None:
    sample = 'a;b,c\n"1,2";3,4\n5;6,7\n'
    assert sniff(sample, ["a", "b,c"]).delimiter == ";"
    assert sniff(sample, ["a;b", "c"]).delimiter == ","


def test_without_expectations_the_delimiter_divides_all_rows_alike() -> None:
    assert sniff("name;price\nhammer;1,50\nnail;0,10\n").delimiter == ";"
    assert sniff("a\tb\n1,2\t3\n4\t5\n").delimiter == "\t"
