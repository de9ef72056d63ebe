"""Texts in service are judged by their length."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from perennial.monitoring.numbers import NumberWindow
from perennial.monitoring.reference import reference_of
from perennial.monitoring.traffic import TrafficSeen
from perennial.monitoring.window import DataWindow
from perennial.spec import ModelSpec
from perennial.spec.privacy import Privacy

from tests.unit.monitoring.samples import batch, reference

SPEC = ModelSpec.model_validate(
    {
        "name": "m",
        "task": "regression",
        "target": "y",
        "features": {"said": {"type": "text"}},
        "engineering": {"steps": [{"step": "text", "column": "said"}]},
    }
)
HELD = replace(reference({"said": np.arange(50.0)}), texts=frozenset({"said"}), sample=None)


def test_a_window_of_texts_holds_their_lengths() -> None:
    found = DataWindow(HELD)
    found.add(batch({"said": ["", "ä👍🏽", "x" * 70, None]}))
    window = found.features["said"]
    assert isinstance(window, NumberWindow)
    assert (window.count, window.nulls, window.misfits, window.out_of_range) == (3, 1, 0, 1)
    assert (window.low, window.high) == (0, 70)


def test_what_was_a_number_yesterday_does_not_fit() -> None:
    found = DataWindow(reference({"said": np.arange(50.0)}))
    found.add(batch({"said": ["a text"]}))
    window = found.features["said"]
    assert isinstance(window, NumberWindow)
    assert window.misfits == 1


def test_a_spec_says_which_features_are_texts() -> None:
    assert reference_of(SPEC, None).texts == frozenset()
    profile = HELD.features["said"]
    from perennial.data.profile import Profile

    whole = Profile(rows=50, features={"said": profile}, target=profile)
    assert reference_of(SPEC, whole).texts == {"said"}


def test_rows_that_a_report_shows_have_nothing_people_wrote_and_are_of_no_persons() -> None:
    seen = TrafficSeen()
    seen.add(
        pa.RecordBatch.from_pylist(
            [
                {
                    "request_id": "r",
                    "row": 0,
                    "latency_ms": 1.0,
                    "version": 1,
                    "role": "champion",
                    "prediction": 1.0,
                    "predicted_at": datetime(2026, 1, 1, tzinfo=UTC),
                    "features": {"said": "I am Anna Karenina", "age": 41},
                }
            ]
        )
    )
    (row,) = seen.sample(SPEC)
    assert set(row) == {"predicted_at", "version", "prediction", "age"}
    about_persons = SPEC.model_copy(
        update={"privacy": Privacy.model_validate({"pii": {"name": "drop"}})}
    )
    assert seen.sample(about_persons) == ()
