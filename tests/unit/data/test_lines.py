"""Records of a text block, however long their fields are."""

from __future__ import annotations

import csv

from perennial.data.dialect import Dialect
from perennial.data.lines import records


def test_a_long_field_is_read_and_the_limit_of_others_is_left_alone() -> None:
    usual = csv.field_size_limit()
    long = "x" * (2 * usual)
    found = records(f"{long},1\n\n2,3\n".encode(), 5, Dialect(",", ("a", "b")))
    assert found == [(5, [long, "1"]), (7, ["2", "3"])]
    assert csv.field_size_limit() == usual
