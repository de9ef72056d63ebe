"""Who belongs together, what a report may call them, and which columns make no groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.evaluation.fairness import FairnessFound
from perennial.evaluation.measures import Classified
from perennial.training.fairness import fairness_of
from perennial.training.groups import MISSING, groupings

from tests.unit.fairness.people import a_spec


def found_of(fairness: dict[str, Any], **columns: Any) -> FairnessFound:
    """What is found of random answers to rows with these columns."""
    table = pa.table(columns)
    random = np.random.default_rng(0)
    probability = random.random(table.num_rows)
    outcome = Classified(
        ("no", "yes"),
        (random.random(table.num_rows) < probability).astype(np.int64),
        np.column_stack([1 - probability, probability]),
        0.5,
    )
    spec = a_spec(fairness=fairness, excluded=["origin"])
    return fairness_of(spec, table, outcome, run_id="r", artifact_digest="d")


def labels(found: FairnessFound, place: int = 0) -> dict[tuple[str, ...], int | None]:
    return {one.labels: one.rows for one in found.groupings[place].groups}


def test_a_group_of_three_people_is_neither_shown_nor_judged() -> None:
    found = found_of({"columns": ["sex"]}, sex=["f"] * 60 + ["m"] * 60 + ["x"] * 3)
    (grouping,) = found.groupings
    few = next(one for one in grouping.groups if one.labels == ("x",))
    assert (few.rows, few.judged, few.measures) == (None, False, {})
    assert all(one.groups == 2 and "x" not in one.between for one in grouping.apart)


def test_a_small_group_is_shown_with_its_intervals_and_decides_nothing() -> None:
    found = found_of({"columns": ["sex"]}, sex=["f"] * 60 + ["m"] * 60 + ["x"] * 12)
    (grouping,) = found.groupings
    small = next(one for one in grouping.groups if one.labels == ("x",))
    assert (small.rows, small.judged) == (12, False)
    rate = small.measures["selection_rate"]
    assert rate.low is not None and rate.high is not None  # noqa: PT018
    assert rate.high - rate.low > 0.3
    assert all("x" not in one.between for one in grouping.apart)


def test_numbers_are_cut_where_the_spec_says() -> None:
    ages = [24, 25, 44, 45, 64, 65, 80, None] * 10
    found = found_of({"columns": ["age"], "bins": {"age": [25, 45, 65]}}, age=ages)
    assert labels(found) == {
        ("below 25",): 10,
        ("25 to 45",): 20,
        ("45 to 65",): 20,
        ("65 and above",): 20,
        (MISSING,): 10,
    }


def test_a_continuous_column_without_bins_is_cut_at_its_quartiles_and_says_so() -> None:
    found = found_of({"columns": ["income"]}, income=np.arange(200.0))
    assert list(labels(found).values()) == [50, 50, 50, 50]
    assert "cut at its quartiles" in found.groupings[0].note


def test_numbers_that_are_mostly_the_least_one_are_cut_off_from_it() -> None:
    found = found_of({"columns": ["income"]}, income=[0.0] * 160 + list(range(1, 41)))
    assert labels(found) == {("below 1",): 160, ("1 and above",): 40}


def test_few_different_numbers_are_groups_as_they_are() -> None:
    found = found_of({"columns": ["age"]}, age=[0, 1, 1] * 40)
    assert labels(found) == {("0",): 40, ("1",): 80}


def test_truth_values_make_two_groups() -> None:
    found = found_of({"columns": ["member"]}, member=[True, False, None] * 40)
    assert set(labels(found)) == {("true",), ("false",), (MISSING,)}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["f"] * 90, "every row has the same value of sex; there is nothing to compare"),
        ([None] * 90, "no row has a value of sex"),
        (["f"] * 85 + ["m"] * 5, "fewer than two groups by sex have 30 rows; too few to judge"),
    ],
)
def test_what_cannot_be_compared_is_told_and_survived(values: list[Any], told: str) -> None:
    (grouping,) = found_of({"columns": ["sex"]}, sex=pa.array(values, pa.string())).groupings
    assert (grouping.note, grouping.apart) == (told, ())


def test_a_column_of_names_is_not_compared() -> None:
    found = found_of({"columns": ["sex"]}, sex=[f"name {n}" for n in range(300)])
    (grouping,) = found.groupings
    assert grouping.groups == ()
    assert grouping.note == "sex makes 300 groups; more than 200 are not compared"


def test_groups_of_sensitive_columns_have_no_names_unless_the_spec_asks() -> None:
    origin = ["north"] * 40 + ["south"] * 60
    secret = found_of({"columns": ["origin"]}, origin=origin)
    assert labels(secret) == {("group 1",): 60, ("group 2",): 40}
    assert "north" not in secret.model_dump_json()
    named = found_of({"columns": ["origin"], "show_groups": True}, origin=origin)
    assert labels(named) == {("north",): 40, ("south",): 60}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["f", "m", None]), st.sampled_from([20, 50, None]), st.booleans()
        ),
        min_size=1,
        max_size=60,
    )
)
def test_intersections_are_what_their_columns_say_row_by_row(
    rows: list[tuple[str | None, int | None, bool]],
) -> None:
    sex, age, member = (list(part) for part in zip(*rows, strict=True))
    table = pa.table(
        {"sex": pa.array(sex, pa.string()), "age": pa.array(age, pa.int64()), "member": member}
    )
    spec = a_spec(fairness={"columns": ["sex", "age", "member"], "intersections": 3})
    found = {one.columns: one for one in groupings(spec, table)}
    assert len(found) == 7
    whole = found["sex", "age", "member"]
    for row, code in zip(rows, whole.codes.tolist(), strict=True):
        told = [MISSING if value is None else str(value).lower() for value in row]
        assert whole.labels[code] == tuple(told)
    assert whole.sizes.sum() == len(rows)
    assert (whole.sizes > 0).all()
