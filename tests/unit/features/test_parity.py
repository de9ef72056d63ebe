"""Columns in training and rows at the endpoint are encoded to the same bits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.errors import InvalidRows
from perennial.features.columnar import answerable, encode
from perennial.features.encoder import Encoder
from perennial.features.schema import FeatureSchema

CATEGORIES = ["", "a", "Ä", "日本", "true", "1"]
FEATURES = [
    FeatureSchema("number", "number", nullable=True),
    FeatureSchema("integer", "integer", nullable=True),
    FeatureSchema("category", "category", nullable=True, categories=CATEGORIES),
    FeatureSchema("lax", "category", categories=CATEGORIES, unseen="missing"),
    FeatureSchema("boolean", "boolean", nullable=True),
    FeatureSchema("timestamp", "timestamp", nullable=True),
]
SCHEMA = pa.schema(
    {
        "number": pa.float64(),
        "integer": pa.int64(),
        "category": pa.string(),
        "lax": pa.string(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us", "UTC"),
    }
)
MOMENTS = st.datetimes(min_value=datetime(1700, 1, 1), max_value=datetime(2250, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "number": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "integer": st.none() | st.integers(-(2**63), 2**63 - 1),
            "category": st.none() | st.sampled_from(CATEGORIES),
            "lax": st.none() | st.sampled_from([*CATEGORIES, "never seen"]),
            "boolean": st.none() | st.booleans(),
            "timestamp": st.none() | MOMENTS,
        }
    ),
    max_size=8,
)


def as_sent(row: dict[str, Any]) -> dict[str, Any]:
    moment = row["timestamp"]
    return row | {"timestamp": None if moment is None else moment.isoformat()}


@given(ROWS)
def test_a_column_gives_the_bits_of_its_rows(rows: list[dict[str, Any]]) -> None:
    encoder = Encoder(FEATURES)
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    codes = encode(batch, encoder)
    answered = answerable(batch, codes, encoder)
    for number, row in enumerate(rows):
        try:
            expected = encoder.encode([as_sent(row)])
        except InvalidRows:
            assert not answered[number]
        else:
            assert answered[number]
            assert codes[number].tobytes() == expected.tobytes()


def test_a_dictionary_column_a_table_and_a_plain_column_are_alike() -> None:
    encoder = Encoder(FEATURES[2:3])
    plain = pa.table({"category": pa.array(["a", None, "Ä", "a"])})
    coded = pa.table({"category": pa.chunked_array(plain["category"]).dictionary_encode()})
    slices = pa.concat_tables([plain.slice(0, 1), plain.slice(1)])
    for table in (plain, coded, slices):
        np.testing.assert_array_equal(encode(table, encoder)[:, 0], [1, np.nan, 2, 1])


def test_more_than_a_thousand_categories_keep_their_codes() -> None:
    names = [f"k{number}" for number in range(70_000)]
    encoder = Encoder([FeatureSchema("category", "category", categories=names)])
    codes = encode(pa.table({"category": names}), encoder)
    assert codes[:, 0].tolist() == list(range(70_000))
    assert list(encoder.encode([{"category": "k69999"}])) == [69_999]


def test_a_label_is_known_however_a_file_spells_it_as_it_is_in_training() -> None:
    """pandas writes whole numbers with gaps as 1.0, and truth values as True."""
    encoder = Encoder([FeatureSchema("category", "category", categories=("1", "22", "true"))])
    texts = ["1.0", "22", "True", "22.00", "TRUE"]
    rows = [{"category": text} for text in texts]
    assert list(encoder.encode(rows)) == [0, 1, 2, 1, 2]
    assert list(encoder.encode(rows * 10)) == [0, 1, 2, 1, 2] * 10  # by column
    assert encode(pa.table({"category": texts}), encoder)[:, 0].tolist() == [0, 1, 2, 1, 2]


def test_labels_that_a_spec_spells_in_its_own_way_are_taken_as_they_are() -> None:
    encoder = Encoder([FeatureSchema("category", "category", categories=("1.0", "true"))])
    for text in ("1", "True"):
        with pytest.raises(InvalidRows):
            encoder.encode([{"category": text}])
        assert np.isnan(encode(pa.table({"category": [text]}), encoder)[0, 0])
