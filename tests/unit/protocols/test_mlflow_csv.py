"""A CSV body means what the same file means in training."""

from __future__ import annotations

from array import array
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from perennial.data.columns import ColumnType
from perennial.data.conversion import convert
from perennial.features.codec import LARGEST_FLOAT32 as LARGEST
from perennial.features.codec import Misfit, codec_of
from perennial.features.schema import FeatureSchema
from perennial.serving.protocols.mlflow_csv import MISSING, columns_of
from perennial.spec.schema import ModelSpec

from tests.unit.protocols.conftest import Spoken
from tests.unit.protocols.test_open_inference import ROWS

CSV = {"content-type": "text/csv; charset=utf-8"}
HEAD = "age,job,balance,married,seen\n"


def scored(spoken: Spoken, text: str) -> Any:
    return spoken.score(text, headers=CSV)


def expected(spoken: Spoken) -> list[Any]:
    return [one["prediction"] for one in spoken.native(ROWS)]


@pytest.mark.parametrize("index", [False, True])
def test_a_frame_written_by_pandas_is_answered(spoken: Spoken, index: bool) -> None:
    assert scored(spoken, pd.DataFrame(ROWS).to_csv(index=index)) == expected(spoken)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(spoken: Spoken, end: str) -> None:
    text = HEAD + "41,admin.,12.5,True,2024-05-06T07:08:09Z\n\n20,student,NaN,,null\n"
    assert scored(spoken, text.replace("\n", end)) == expected(spoken)[:2]


def test_quoted_values_are_read(spoken: Spoken) -> None:
    assert scored(spoken, 'age,"job"\n"41","admin."') == [
        one["prediction"] for one in spoken.native([{"age": 41, "job": "admin."}])
    ]


def test_the_markers_of_a_missing_value_are_the_specs() -> None:
    assert frozenset(ModelSpec.model_fields["missing_markers"].default) == MISSING


def test_a_label_that_looks_missing_is_a_label() -> None:
    feature = FeatureSchema("region", "category", categories=["NA", "EU"], nullable=True)
    columns = columns_of("region,other\nNA,1\n,2\nEU,3", [feature])
    assert columns.values["region"] == ["NA", None, "EU"]


_TEXTS = st.one_of(
    st.sampled_from([" 1", "1 ", "1.0", "+1", "-0", "1e3", "1e-3", ".5", "5.", "1_0", "0x1"]),
    st.sampled_from(["True", "FALSE", "yes", "No", "t", "F", "y", "inf", "Infinity", "-nan", "x"]),
    st.sampled_from(["9007199254740993", "1e400", "1.5", "--1", "1e", ".", "１", "²"]),
    st.integers(-(2**53), 2**53).map(str),
    st.floats(-1e300, 1e300).map(repr),
    st.text("0123456789+-.eE ", min_size=1, max_size=6),
)


@given(text=_TEXTS, kind=st.sampled_from(["number", "integer", "boolean"]))
def test_a_text_is_the_value_it_is_in_training(text: str, kind: str) -> None:
    assume(text not in MISSING)
    feature = FeatureSchema("x", kind)
    (value,) = columns_of(f'x\n"{text}"', [feature]).values["x"]
    try:
        code = codec_of(feature)(value)
    except Misfit:
        code = None
    trained = convert(pa.array([text]), ColumnType(kind))
    (wanted,) = trained.values.to_pylist()
    if code is None:
        assert wanted is None or abs(wanted) == float("inf")
    elif wanted is None:
        # What no double holds is kept out of training, so that no file loses digits unseen.
        assert kind == "integer"
        assert abs(code) > 2**53
    else:
        assert array("f", [code]) == array("f", [min(max(wanted, -LARGEST), LARGEST)])


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("", "invalid-request"),
        ("\n\n", "invalid-request"),
        (HEAD, "invalid-request"),
        ("age,age\n1,2", "invalid-request"),
        ('age,job\n41,"admin.', "malformed-body"),
        ('age,job\n41,"ad"min."', "malformed-body"),
        ("age,job\n41", "invalid-rows"),
        ("age,job\n41,admin.,1", "invalid-rows"),
        ("41,admin.", "invalid-request"),
        ("age,job\nforty,admin.", "invalid-rows"),
        ("age,job\n,admin.", "invalid-rows"),
        ("age,job,agee\n41,admin.,1", "invalid-rows"),
        ("age\n" + "41\n" * 1001, "too-many-rows"),
        ("age\n" + "4" * 200_000, "malformed-body"),
    ],
)
def test_what_is_no_table_of_the_model_is_refused(spoken: Spoken, text: str, slug: str) -> None:
    problem = spoken.score_problem(text, headers=CSV)
    assert problem["type"] == f"urn:perennial:problem:{slug}"
    assert "forty" not in str(problem)


def test_a_row_of_another_width_is_named(spoken: Spoken) -> None:
    problem = spoken.score_problem("age,job\n41,admin.\n20", headers=CSV)
    reason = "must have 2 values, as the header has"
    assert problem["errors"] == [{"row": 1, "reason": reason}]


def test_a_line_end_within_quotes_is_part_of_the_value() -> None:
    feature = FeatureSchema("x", "category", categories=["a\r\nb"])
    assert columns_of('x,y\r\n"a\r\nb",1\r\n', [feature]).values["x"] == ["a\r\nb"]
