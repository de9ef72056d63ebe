"""Records are counted as the parser counts them, whatever text it is."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.scoring.record_ends import record_ends

VALUES = st.text(alphabet='ab ,"\n', max_size=6)


@given(st.lists(st.lists(VALUES, min_size=2, max_size=3), max_size=30), st.booleans())
def test_records_end_where_the_parser_says(table: list[list[str]], last: bool) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    body = text.getvalue() if last else text.getvalue().rstrip("\n")
    ends = record_ends(body.encode(), ",")
    assert len(ends) == len(table)
    start = 0
    for end, row in zip(ends.tolist(), table, strict=True):
        (found,) = [one for one in csv.reader(io.StringIO(body[start:end], newline="")) if one]
        assert found == row
        start = end


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (b"", []),
        (b"\n", []),
        (b"a", [1]),
        (b"a\n\r", [2]),
        (b",\n\n,", [2, 4]),
        (b"\n\n", []),
        (b"a\n\nb", [2, 4]),
        (b"a\r\nb\r\n", [3, 6]),
        (b"a\rb\r", [2, 4]),
        (b"a\r\n\r\nb", [3, 6]),
        (b'5" pipe,x\nb,"c\nd"\n', [10, 18]),
    ],
)
def test_empty_lines_and_other_line_breaks(text: bytes, ends: list[int]) -> None:
    assert record_ends(text, ",").tolist() == ends
