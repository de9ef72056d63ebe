"""Texts in service are judged by their length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from perennial.monitoring.numbers import NumberWindow
from perennial.monitoring.reference import reference_of
from perennial.monitoring.window import DataWindow
from perennial.spec import ModelSpec

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
