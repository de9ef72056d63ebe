"""What is made of the features: the same bits for a row and for a column, and the right numbers."""

from __future__ import annotations

import json
import math
from array import array
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from perennial.errors import InvalidRows
from perennial.features.calendar import CYCLES, parts_of
from perennial.features.codec import LARGEST_FLOAT32
from perennial.features.columnar import answerable, encode
from perennial.features.encoder import Encoder
from perennial.features.engineered import EngineeredEncoder
from perennial.features.schema import FeatureSchema
from perennial.features.steps import KINDS, Recipe, Step
from perennial.features.words import words_of

LABELS = ["a", "b", "日本"]
FEATURES = [
    FeatureSchema("x", "number", nullable=True),
    FeatureSchema("y", "number", nullable=True),
    FeatureSchema("n", "integer", nullable=True),
    FeatureSchema("label", "category", nullable=True, categories=LABELS, unseen="missing"),
    FeatureSchema("flag", "boolean", nullable=True),
    FeatureSchema("moment", "timestamp", nullable=True),
    FeatureSchema("said", "text", nullable=True),
]
SCHEMA = pa.schema(
    {
        "x": pa.float64(),
        "y": pa.float64(),
        "n": pa.int64(),
        "label": pa.string(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", "UTC"),
        "said": pa.string(),
    }
)
STEPS = [
    Step("one_hot", ["label"], ["label=a", "label=b", "label=日本", "no label"], {"missing": True}),
    Step("one_hot", ["label"], ["is a", "is b", "is 日本"], {"missing": False}),
    Step("lookup", ["label"], ["size"], {"table": [[2.0], [0.1], [-1.0]], "missing": [None]}),
    Step("lookup", ["label"], ["p", "q"], {"table": [[0.1, 0.3]] * 3, "missing": [0.7, 1 / 3]}),
    Step("ratio", ["x", "y"], ["x/y"]),
    Step("difference", ["n", "x"], ["n-x"]),
    Step("difference", ["x", "y"], ["x-y"]),
    Step("product", ["x", "n"], ["x*n"]),
    Step("product", ["x/y", "flag"], ["chained"]),
    Step("log", ["x"], ["log x"], {"signed": False}),
    Step("log", ["x*n"], ["signed log"], {"signed": True}),
    Step("scale", ["x", "n"], ["x'", "n'"], {"center": [0.3, 7.0], "scale": [1e-9, 3.0]}),
    Step("bin", ["log x"], ["bin"], {"edges": [-1.0, 0.0, 0.5, 30.0]}),
    Step(
        "date",
        ["moment"],
        ["year", "weekend", "month", "day", "weekday", "hour", "ms", "mc", "hs", "hc", "age"],
        {
            "parts": ["year", "is_weekend", "month", "day", "weekday", "hour"],
            "cyclic": ["month", "hour"],
            "since": 1.6e9,
        },
    ),
    Step(
        "text",
        ["said"],
        ["length", "words", *(f"said#{place}" for place in range(5))],
        {"length": True, "words": True, "hashes": 5},
    ),
    Step(
        "reduce",
        ["x", "y", "n", "log x"],
        ["pc1", "pc2"],
        {
            "center": [0.1, -3.0, 10.0, 0.0],
            "scale": [1.7, 0.3, 1.0, 2.0],
            "weights": [[0.5, 0.1, -0.3, 0.7], [1e30, 1e30, -1e30, 3.0]],
        },
    ),
]
MADE = [name for step in STEPS for name in step.outputs]
KEPT = ["x", "n", "label", "flag", "moment", *MADE]
ENCODER = EngineeredEncoder(FEATURES, Recipe(STEPS, KEPT))
ZONES = st.sampled_from([timezone(timedelta(minutes=at)) for at in (-720, -90, 0, 345, 840)])
MOMENTS = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=ZONES)
EDGES = st.sampled_from([0.0, -0.0, -1.0, -0.9999999999999999, 5e-324, 1e308, -1e308, 2.0**53 + 1])
NUMBERS = st.none() | EDGES | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.sampled_from(
    ["", " ", "Ünï CODE straße", "👍🏽 great!!! 👍🏽", "don’t don't", "a-b\tc\n"]
)
ROW = st.fixed_dictionaries(
    {
        "x": NUMBERS,
        "y": NUMBERS,
        "n": st.none() | st.integers(-(2**63), 2**63 - 1),
        "label": st.none() | st.sampled_from([*LABELS, "never seen"]),
        "flag": st.none() | st.booleans(),
        "moment": st.none() | MOMENTS,
        "said": st.none() | TEXTS | st.text(st.characters(exclude_categories=["Cs"])),
    }
)
NOTHING = dict.fromkeys(SCHEMA.names)


def as_sent(row: dict[str, Any]) -> dict[str, Any]:
    moment = row["moment"]
    return row | {"moment": None if moment is None else moment.isoformat()}


def made(row: dict[str, Any]) -> dict[str, float]:
    """What the model sees of a row, by name."""
    return dict(zip(KEPT, ENCODER.encode([as_sent(NOTHING | row)]), strict=True))


@given(st.lists(ROW, max_size=6))
@example([NOTHING])
@example([NOTHING | {"moment": datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)}])
def test_a_column_gives_the_bits_of_its_rows(rows: list[dict[str, Any]]) -> None:
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    codes = encode(batch, ENCODER)
    assert codes.shape == (len(rows), len(KEPT))
    assert answerable(batch, codes, ENCODER).all()
    for number, row in enumerate(rows):
        alone = ENCODER.encode([as_sent(row)])
        differing = [
            name
            for name, one, other in zip(KEPT, alone, codes[number].tolist(), strict=True)
            if one != other and not (one != one and other != other)
        ]
        assert not differing
        assert not np.isinf(codes[number]).any()
    many = ENCODER.encode([as_sent(row) for row in rows] * 16)
    assert np.array_equal(np.array(many, np.float32), np.tile(codes.ravel(), 16), equal_nan=True)


def test_every_kind_of_step_is_compared() -> None:
    assert {step.kind for step in STEPS} == set(KINDS)


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))
@example(datetime(2000, 2, 29))
@example(datetime(1900, 3, 1))
@example(datetime(1, 1, 1))
def test_parts_of_a_date_are_those_of_the_calendar(moment: datetime) -> None:
    seconds = (moment - datetime(1970, 1, 1)) // timedelta(seconds=1)
    expected = (moment.year, moment.month, moment.day, moment.weekday(), moment.hour)
    assert parts_of(seconds) == expected


def test_the_last_value_of_a_circle_lies_beside_the_first() -> None:
    found = {hour: made({"moment": datetime(2024, 5, 1, hour, tzinfo=UTC)}) for hour in (0, 12, 23)}
    place = {hour: (one["hs"], one["hc"]) for hour, one in found.items()}
    assert math.dist(place[23], place[0]) < 0.3 < 1.9 < math.dist(place[12], place[0])
    assert set(CYCLES) == {"month", "day", "weekday", "hour"}


def test_a_time_with_a_zone_is_taken_in_utc() -> None:
    late = datetime(2024, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    found = made({"moment": late})
    assert (found["year"], found["month"], found["day"], found["hour"]) == (2024, 2, 29, 23)


@pytest.mark.parametrize("above", [1.0, 0.0, None])
def test_a_ratio_to_nothing_is_missing(above: float | None) -> None:
    assert math.isnan(made({"x": above, "y": 0.0})["x/y"])
    assert math.isnan(made({"x": above, "y": None})["x/y"])


def test_what_is_too_large_is_the_largest_number_there_is() -> None:
    assert made({"x": 1e300, "y": 1e-300})["x/y"] == LARGEST_FLOAT32
    assert made({"x": 3e38, "n": -(2**62)})["x*n"] == -LARGEST_FLOAT32


def test_a_logarithm_of_less_than_minus_one_is_missing_unless_signs_are_kept() -> None:
    found = made({"x": -1.0, "n": 7})
    assert math.isnan(found["log x"])
    assert found["signed log"] == np.float32(-math.log(8))


def test_a_category_nobody_knows_is_in_no_column_but_that_of_the_missing() -> None:
    for label in ("never seen", None):
        found = made({"label": label})
        assert [found[name] for name in STEPS[0].outputs] == [0, 0, 0, 1]
        assert [found[name] for name in STEPS[1].outputs] == [0, 0, 0]
        assert math.isnan(found["size"])
        assert found["q"] == np.float32(1 / 3)


def test_words_are_folded_and_punctuation_divides_them() -> None:
    assert words_of("STRASSE straße; don’t—stop") == ["strasse", "strasse", "don't", "stop"]
    assert words_of("") == words_of(" \t…!") == []


def test_hashes_of_words_are_those_of_the_first_release() -> None:
    """A change of the hash would change what models of today answer tomorrow."""
    found = made({"said": "the quick brown fox jumps over the lazy dog"})
    assert [found[f"said#{place}"] for place in range(5)] == [0, 0, -2, 1, 0]
    assert (found["length"], found["words"]) == (43, 9)


def test_an_empty_text_has_no_words_and_a_missing_one_no_number() -> None:
    empty, missing = made({"said": ""}), made({"said": None})
    assert [empty[name] for name in STEPS[-2].outputs] == [0.0] * 7
    assert all(math.isnan(missing[name]) for name in STEPS[-2].outputs)


@pytest.mark.parametrize("sent", [7, True, ["a"], "half a \ud83d character"])
def test_what_is_no_text_is_refused(sent: object) -> None:
    with pytest.raises(InvalidRows) as refused:
        ENCODER.encode([NOTHING | {"said": sent}])
    assert [(one.field, one.reason) for one in refused.value.problems] == [("said", "must be text")]


def test_rows_are_refused_with_the_words_of_a_model_without_steps() -> None:
    rows: list[dict[str, Any]] = [
        {"x": "1", "y": 1, "n": 0.5, "label": 3.5, "flag": 1, "moment": "today", "said": 1},
        {"other": 1},
    ]
    told = []
    for encoder in (ENCODER, Encoder(FEATURES)):
        for sent in (rows, rows * 10):
            with pytest.raises(InvalidRows) as refused:
                encoder.encode(sent)
            told.append([(p.row, p.field, p.reason) for p in refused.value.problems])
    assert told[0] == told[2]
    assert told[1] == told[3]


def test_a_recipe_survives_the_artifact() -> None:
    text = json.dumps(ENCODER.recipe.to_json(), allow_nan=False)
    again = EngineeredEncoder(FEATURES, Recipe.from_json(json.loads(text)))
    row = as_sent(NOTHING | {"x": 2.5, "said": "hello", "label": "b"})
    assert again.encode([row]).tobytes() == ENCODER.encode([row]).tobytes()


def test_columns_that_are_left_out_take_their_steps_along() -> None:
    smaller = ENCODER.keeping(["bin", "x"])
    assert [step.kind for step in smaller.recipe.steps] == ["log", "bin"]
    assert [column.name for column in smaller.columns] == ["x", "bin"]
    row = as_sent(NOTHING | {"x": 2.5})
    assert smaller.encode([row]) == array("f", [2.5, made({"x": 2.5})["bin"]])


def test_what_is_made_of_one_feature_counts_to_it_and_of_several_to_itself() -> None:
    attribution = ENCODER.attribution
    assert attribution is not None
    sums = attribution.sums([1.0] * len(KEPT))
    found = dict(zip(attribution.names, sums, strict=True))
    assert (found["label"], found["moment"], found["said"]) == (11, 12, 7)
    assert (found["x/y"], found["chained"], found["pc1"]) == (1, 1, 1)
    assert (found["x"], found["n"], found["y"]) == (4, 2, 0)  # x, log x, bin, x'; n, n'
    assert sum(found.values()) == len(KEPT)


@pytest.mark.parametrize(
    ("steps", "columns"),
    [
        ([Step("log", ["z"], ["log z"], {"signed": False})], ["log z"]),
        ([Step("log", ["x"], ["y"], {"signed": False})], ["y"]),
        ([Step("log", ["x"], ["log x"], {})], ["log x"]),
        ([], ["said"]),
        ([], ["z"]),
    ],
)
def test_a_damaged_recipe_is_no_encoder(steps: list[Step], columns: list[str]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        EngineeredEncoder(FEATURES, Recipe(steps, columns))
