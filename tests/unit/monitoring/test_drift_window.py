"""What a window counts, and what is said about the soundness of its data."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.data.profile import Profile
from perennial.evaluation.predictions import PredictionProfile, Said
from perennial.monitoring.labels import LabelWindow
from perennial.monitoring.numbers import NumberWindow
from perennial.monitoring.quality import FlawKind, QualityFindings, judge_quality
from perennial.monitoring.record import State
from perennial.monitoring.reference import Reference, read_reference
from perennial.monitoring.window import DataWindow
from perennial.spec import ModelSpec
from perennial.spec.monitoring import Quality

from tests.fakes.objects import InMemoryObjects
from tests.unit.monitoring.samples import Column, batch, labels, numbers, reference, window

SPEC: dict[str, Any] = {
    "name": "m",
    "task": "binary",
    "target": "y",
    "positive_class": "yes",
    "features": {
        "age": {"type": "number"},
        "job": {"type": "category"},
        "since": {"type": "timestamp"},
        "gender": {"type": "category"},
        "fresh": {"type": "number"},
    },
    "sensitive": ["gender"],
}


def number_of(found: DataWindow, name: str = "x") -> NumberWindow:
    one = found.features[name]
    assert isinstance(one, NumberWindow)
    return one


def label_of(found: DataWindow, name: str = "x") -> LabelWindow:
    one = found.features[name]
    assert isinstance(one, LabelWindow)
    return one


def judged(held: Reference, columns: dict[str, Column], **limits: Any) -> QualityFindings:
    return judge_quality(window(held, columns), Quality(**limits), 0.005)


def test_a_window_of_the_reference_itself_has_its_counts_and_mean() -> None:
    values = np.random.default_rng(0).lognormal(size=5_000)
    held = reference({"x": values})
    found = number_of(window(held, {"x": values}))
    assert found.counts.tolist() == found.reference.counts.tolist()
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high, found.out_of_range) == (values.min(), values.max(), 0)


def test_nulls_and_values_that_are_not_finite_are_in_no_bin() -> None:
    held = reference({"x": np.arange(100.0)})
    found = number_of(window(held, {"x": [1.0, None, float("nan"), float("inf"), 5.0]}))
    assert (found.rows, found.nulls, found.not_finite, found.count) == (5, 1, 2, 2)
    assert found.counts.sum() == 2


def test_values_beyond_training_are_counted_on_both_sides() -> None:
    found = number_of(window(reference({"x": np.arange(100.0)}), {"x": [-1.0, 0.0, 99.0, 99.5]}))
    assert found.out_of_range == 2


def test_labels_are_told_apart_however_they_are_spelt() -> None:
    held = reference({"x": ["true", "false", "1"] * 10})
    found = label_of(window(held, {"x": ["True", "false", "1.0", "new", None]}))
    assert (found.rows, found.nulls, found.unseen) == (5, 1, 1)
    assert dict(found.unlisted) == {"new": 1}


@pytest.mark.parametrize(
    ("column", "misfits"),
    [
        (pa.array(["a", None]), 1),
        (pa.array([1, 2]), 0),
        (pa.array([True, False]), 2),
        (pa.nulls(2), 0),
        (pa.array([[1.0], [2.0]]), 2),
    ],
)
def test_a_column_of_another_type_is_told_and_not_counted(column: pa.Array, misfits: int) -> None:
    found = number_of(window(reference({"x": np.arange(100.0)}), {"x": column}))
    assert (found.rows, found.misfits) == (2, misfits)


def test_a_feature_that_captures_lack_is_missing_in_every_row() -> None:
    held = reference({"x": np.arange(200.0), "z": np.arange(200.0)})
    found = judged(held, {"z": np.arange(200.0)})
    assert found.verdict.state is State.ALARM
    assert found.flaws[0].feature == "x"
    assert "renamed or dropped" in found.flaws[0].sentence


def test_the_probability_of_the_positive_class_is_what_predictions_are_compared_by() -> None:
    said = PredictionProfile(
        said=Said.PROBABILITY, positive="yes", column=numbers(np.linspace(0, 1, 200))
    )
    held = Reference({}, predictions=said)
    pairs = [[("no", 0.9), ("yes", 0.1)], None, [("yes", 0.6), ("no", 0.4)], [("no", 1.0)]]
    kind = pa.map_(pa.string(), pa.float64())
    rows = pa.RecordBatch.from_pydict({"probabilities": pa.array([pairs[0], *pairs], kind)})
    found = DataWindow(held)
    found.add(rows.slice(1))
    assert isinstance(found.predictions, NumberWindow)
    assert (found.predictions.count, found.predictions.nulls) == (2, 2)
    assert found.predictions.mean == pytest.approx(0.35)


@pytest.mark.parametrize("columns", [{}, {"features": [1.0]}, {"prediction": ["no"]}])
def test_batches_without_features_or_answers_are_rows_all_the_same(columns: dict[str, Any]) -> None:
    held = reference({"x": np.arange(100.0)}, np.arange(100.0))
    found = DataWindow(held)
    found.add(pa.RecordBatch.from_pydict({"other": [1], **columns}))
    assert (found.rows, number_of(found).nulls) == (1, 1)


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"x": [None if n % 8 == 0 else float(n) for n in range(400)]}, FlawKind.MISSING),
        ({"x": [n * 1.5 for n in range(400)]}, FlawKind.OUT_OF_RANGE),
        ({"x": [None if n % 8 == 0 else float("nan") for n in range(400)]}, FlawKind.MISSING),
        ({"x": ["text"] * 400}, FlawKind.WRONG_TYPE),
        ({"c": ["a" if n % 8 else "new" for n in range(400)]}, FlawKind.UNSEEN),
    ],
)
def test_every_flaw_is_named_with_its_feature(columns: dict[str, Column], kind: FlawKind) -> None:
    sound: dict[str, Column] = {"x": np.arange(400.0), "c": ["a", "b"] * 200}
    found = judged(reference(sound), {**sound, **columns})
    assert found.verdict.state is State.ALARM
    assert [(one.feature, one.kind) for one in found.flaws if one.alarm] == [(*columns, kind)]
    assert found.flaws[0].sentence in found.verdict.sentence


def test_what_was_missing_in_training_may_be_missing_in_service() -> None:
    gaps = [None if n % 4 == 0 else float(n) for n in range(400)]
    assert judged(reference({"x": gaps}), {"x": gaps}).verdict.state is State.OK


def test_a_share_that_chance_explains_does_not_alarm() -> None:
    """Two of thirty are 7 %, above the 5 % allowed, and may well be chance."""
    held = reference({"x": np.arange(1_000.0)})
    few: list[float | None] = [None, None, *np.arange(28.0).tolist()]
    assert judged(held, {"x": few}).verdict.state is State.OK


def test_a_share_the_spec_allows_does_not_alarm_however_sure_it_is() -> None:
    held = reference({"x": np.arange(10_000.0)})
    gaps: list[float | None] = [None if n % 50 == 0 else float(n) for n in range(10_000)]
    assert judged(held, {"x": gaps}).verdict.state is State.OK
    assert judged(held, {"x": gaps}, maximum_missing=0.01).verdict.state is State.ALARM


def test_a_long_tail_of_rare_labels_is_not_unseen_data() -> None:
    random = np.random.default_rng(1)
    held = reference({"x": [f"shop-{n}" for n in random.integers(0, 190, 300)]})
    seen: dict[str, Column] = {"x": [f"shop-{n}" for n in random.integers(0, 190, 3_000)]}
    assert judged(held, seen).verdict.state is State.OK


def test_less_traffic_than_the_spec_expects_alarms() -> None:
    held = reference({"x": np.arange(100.0)})
    found = judged(held, {"x": [1.0, 2.0]}, minimum_rows=50)
    assert found.verdict.state is State.ALARM
    assert "at least 50" in found.verdict.sentence


def test_no_predictions_at_all_are_no_verdict() -> None:
    found = judge_quality(DataWindow(reference({"x": np.arange(100.0)})), Quality(), 0.005)
    assert found.verdict.state is State.NOT_ENOUGH


def test_memory_does_not_grow_with_the_window() -> None:
    random = np.random.default_rng(2)
    held = reference({"x": random.normal(size=20_000), "c": ["a", "b"] * 10_000})
    found = DataWindow(held)
    for part in range(30):
        ids = pa.array([f"{part}-{n}" for n in range(2_000)])
        rows = batch({"x": random.normal(size=2_000), "c": ["a", "b"] * 1_000})
        found.add(rows.set_column(1, "prediction_id", ids))
    kept = found.sample.table()
    assert kept is not None
    assert found.rows == 60_000
    assert 3_000 < kept.num_rows <= 10_000


def stored(**changes: bytes | None) -> InMemoryObjects:
    """What a run and a dataset leave; None leaves a part out."""
    features = {
        "age": numbers(np.arange(50.0)),
        "job": labels(["a", "b"] * 25),
        "since": numbers(np.arange(50.0)),
        "gender": labels(["x"] * 50),
    }
    profile = Profile(rows=50, features=features, target=labels(["yes", "no"] * 25))
    said = PredictionProfile(said=Said.PROBABILITY, positive="yes", column=numbers([0.5] * 50))
    sink = io.BytesIO()
    pq.write_table(pa.table({"age": np.arange(50.0)}), sink)
    parts: dict[str, bytes | None] = {
        "datasets/m/d/profile.json": profile.model_dump_json().encode(),
        "datasets/m/d/sample.parquet": sink.getvalue(),
        "runs/m/r/predictions.json": said.model_dump_json().encode(),
        "runs/m/r/training.json": json.dumps({"importances": {"age": 0.75, "job": 0.25}}).encode(),
        **changes,
    }
    store = InMemoryObjects()
    for key, body in parts.items():
        if body is not None:
            store.write(f"s3://data/{key}", body, "application/octet-stream")
    return store


def read(store: InMemoryObjects, **changes: Any) -> Reference:
    return read_reference(ModelSpec.model_validate({**SPEC, **changes}), "r", "d", "data", store)


def test_the_reference_of_a_version_is_what_its_run_and_dataset_left() -> None:
    found = read(stored())
    assert list(found.features) == ["age", "job", "since"]  # gender is sensitive
    assert found.moving == {"since"}
    assert found.importances == {"age": 0.75, "job": 0.25}
    assert found.predictions is not None
    assert found.sample is not None
    assert found.missing == ("fresh was no feature when the version in service was trained",)


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("datasets/m/d/profile.json", "profile of the training data"),
        ("datasets/m/d/sample.parquet", "sample of the training data"),
        ("runs/m/r/predictions.json", "profile of the holdout's predictions"),
        ("runs/m/r/training.json", "record of the training"),
    ],
)
@pytest.mark.parametrize("body", [None, b"", b"[]", b"\xff"])
def test_a_part_of_the_reference_that_is_gone_or_damaged_is_named(
    key: str, what: str, body: bytes | None
) -> None:
    found = read(stored(**{key: body}))
    wanted = f"there is no {what}" if body is None else f"the {what} is damaged"
    assert wanted in found.missing
    DataWindow(found).add(batch({"age": [1.0], "job": ["a"]}))


def test_of_a_sensitive_target_no_predictions_are_asked_for() -> None:
    found = read(stored(**{"runs/m/r/predictions.json": None}), sensitive=["y"])
    assert found.predictions is None
    assert not [one for one in found.missing if "predictions" in one]
