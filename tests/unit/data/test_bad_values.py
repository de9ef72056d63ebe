"""Values that do not fit are counted per column and kind, with lines and, where allowed, values."""

from __future__ import annotations

from pathlib import Path

import pytest
from perennial.data.problems import ProblemKind, Severity
from perennial.report import render

from tests.unit.data.loans import HEADER, features, problem, rows, run, spec, text, with_cell

CELLS = [
    ("age", "old", ProblemKind.WRONG_TYPE),
    ("age", "17.5", ProblemKind.NOT_AN_INTEGER),
    ("age", "17", ProblemKind.BELOW_MINIMUM),
    ("age", "100", ProblemKind.ABOVE_MAXIMUM),
    ("age", "inf", ProblemKind.NOT_FINITE),
    ("age", "", ProblemKind.NULL),
    ("age", "99999999999999999999", ProblemKind.TOO_LARGE),
    ("income", "much", ProblemKind.WRONG_TYPE),
    ("income", "1,5", ProblemKind.RAGGED_ROW),
    ("income", "inf", ProblemKind.NOT_FINITE),
    ("income", "-Infinity", ProblemKind.NOT_FINITE),
    ("income", "1e999", ProblemKind.NOT_FINITE),
    ("job", "smith", ProblemKind.UNSEEN_CATEGORY),
    ("job", "NA", ProblemKind.NULL),
    ("owner", "perhaps", ProblemKind.WRONG_TYPE),
    ("since", "yesterday", ProblemKind.WRONG_TYPE),
    ("since", "2026-02-30T00:00:00Z", ProblemKind.WRONG_TYPE),
    ("paid", "", ProblemKind.NULL),
]


@pytest.mark.parametrize(("column", "value", "kind"), CELLS)
def test_a_wrong_value_is_named_by_column_and_line(
    column: str, value: str, kind: ProblemKind, tmp_path: Path
) -> None:
    validation = run(with_cell(6, column, value), tmp_path)
    assert not validation.accepted
    found = problem(validation, kind)
    assert (found.count, found.examples[0].line) == (1, 8)
    assert "line 8" in validation.reason


def test_kinds_are_counted_over_the_whole_file_and_twenty_rows_shown(tmp_path: Path) -> None:
    body = rows(500)
    for row in body[100:400]:
        row[0] = "5"
    found = problem(run(text(body), tmp_path), ProblemKind.BELOW_MINIMUM, "age")
    assert found.count == 300
    assert [(e.row, e.line) for e in found.examples] == [(n + 1, n + 2) for n in range(100, 120)]


def test_lines_are_right_where_values_hold_line_breaks(tmp_path: Path) -> None:
    names = features(job={"type": "category"})
    body = rows()
    body[2][2] = '"two\nlines"'
    body[5][0] = "old"
    validation = run(text(body), tmp_path, spec(features=names))
    assert problem(validation, ProblemKind.WRONG_TYPE).examples[0].line == 8


def test_values_of_sensitive_columns_are_never_shown(tmp_path: Path) -> None:
    from perennial.data.order import Order
    from perennial.data.page import validation_page
    from perennial.data.publication import validation_document
    from perennial.registry.records import SourceObject

    hidden = spec(sensitive=["age", "job", "paid", "income"])
    body = rows()
    body[3][HEADER.index("age")] = "secret-age"
    body[4][HEADER.index("job")] = "secret-job"
    body[5][HEADER.index("income")] = "secret-income"
    body[6][HEADER.index("paid")] = "secret-paid"
    validation = run(text(body), tmp_path, hidden)
    order = Order("loans", "r", SourceObject("b", "k", "v", "e", 1))
    page = render(validation_page(order, hidden, validation))
    document = str(validation_document(order, hidden, validation))
    assert "secret" not in page + document + validation.reason
    assert "nurse" not in page + document


def test_an_all_null_feature_is_rejected(tmp_path: Path) -> None:
    body = [[row[0], "", *row[2:]] for row in rows()]
    assert problem(run(text(body), tmp_path), ProblemKind.ALL_NULL, "income").count == 40


def test_too_many_nulls_are_rejected(tmp_path: Path) -> None:
    body = rows()
    for row in body[:30]:
        row[1] = ""
    limited = spec(data={"minimum_rows": 20, "minimum_class_rows": 2, "maximum_nulls": 0.5})
    assert problem(run(text(body), tmp_path, limited), ProblemKind.TOO_MANY_NULLS).count == 30
    assert run(text(body), tmp_path).accepted


def test_a_constant_feature_is_a_warning(tmp_path: Path) -> None:
    validation = run(text([[row[0], "5", *row[2:]] for row in rows()]), tmp_path)
    assert validation.accepted
    assert problem(validation, ProblemKind.CONSTANT, "income").severity is Severity.WARNING


def test_more_repeated_rows_than_allowed_are_rejected(tmp_path: Path) -> None:
    strict = spec(data={"minimum_rows": 20, "minimum_class_rows": 2, "maximum_duplicates": 0.1})
    validation = run(text(rows() + rows(10)), tmp_path, strict)
    assert problem(validation, ProblemKind.DUPLICATE_ROWS).count == 10
    assert run(text(rows() + rows(4)), tmp_path, strict).repeated_rows == 4


def classes(*labels: str) -> str:
    body = rows(len(labels))
    return text([[*row[:-1], label] for row, label in zip(body, labels, strict=True)])


def test_one_class_only_is_rejected(tmp_path: Path) -> None:
    assert problem(run(classes(*["yes"] * 40), tmp_path), ProblemKind.ONE_CLASS)


def test_an_absent_positive_class_is_rejected(tmp_path: Path) -> None:
    content = classes(*["no", "maybe"] * 20)
    assert problem(run(content, tmp_path), ProblemKind.POSITIVE_CLASS_ABSENT)


def test_a_third_class_of_a_binary_target_is_rejected(tmp_path: Path) -> None:
    content = classes(*["no", "yes", "maybe"] * 20)
    assert problem(run(content, tmp_path), ProblemKind.TOO_MANY_CLASSES).count == 3


def test_a_class_with_too_few_rows_is_rejected(tmp_path: Path) -> None:
    found = problem(run(classes(*["no"] * 39, "yes"), tmp_path), ProblemKind.RARE_CLASS)
    assert "'yes' has 1 rows; expected at least 2" in found.message


def test_a_feature_that_gives_the_answer_away_is_a_warning(tmp_path: Path) -> None:
    body = rows(400)
    for row in body:
        row[1] = "1" if row[-1] == "yes" else "2"
    validation = run(text(body), tmp_path)
    assert validation.accepted
    assert problem(validation, ProblemKind.LEAKAGE).column == "income"


def test_an_identifier_of_several_rows_is_a_warning(tmp_path: Path) -> None:
    body = [[f"customer-{n // 2}", *row] for n, row in enumerate(rows())]
    validation = run(text(body, ["id", *HEADER]), tmp_path, spec(id_column="id"))
    assert validation.accepted
    assert problem(validation, ProblemKind.REPEATED_ID, "id").count == 20


def test_a_time_column_that_cannot_be_read_is_rejected(tmp_path: Path) -> None:
    body = [[f"2026-01-{n % 28 + 1:02d}", *row] for n, row in enumerate(rows())]
    body[7][0] = "soon"
    timed = spec(time_column="when")
    validation = run(text(body, ["when", *HEADER]), tmp_path, timed)
    assert problem(validation, ProblemKind.WRONG_TYPE, "when").examples[0].line == 9


def test_a_time_column_of_numbers_stays_one(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    body = [[str(n), *row] for n, row in enumerate(rows())]
    validation = run(text(body, ["when", *HEADER]), tmp_path, spec(time_column="when"))
    assert validation.snapshot is not None
    assert str(pq.read_schema(validation.snapshot.path).field("when").type) == "double"


def test_an_unseen_category_that_counts_as_missing_is_a_warning(tmp_path: Path) -> None:
    job = {"type": "category", "categories": ["clerk", "nurse"], "unseen": "missing"}
    lenient = spec(features=features(job=job))
    validation = run(text(), tmp_path, lenient)
    assert validation.accepted
    assert problem(validation, ProblemKind.UNSEEN_CATEGORY).count == 13


def test_labels_have_one_spelling(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    truth = spec(positive_class=True)
    validation = run(classes(*["True", "False"] * 20), tmp_path, truth)
    assert validation.snapshot is not None
    assert set(pq.read_table(validation.snapshot.path)["paid"].to_pylist()) == {"true", "false"}
    ones = spec(positive_class=1)
    assert run(classes(*["1.0", "0.0"] * 20), tmp_path, ones).accepted
