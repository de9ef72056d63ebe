"""The sequential detector finds what river's finds, and can be put aside and taken up again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from perennial.monitoring.adwin import Adwin
from pydantic import TypeAdapter
from river.drift import ADWIN

STATE = TypeAdapter(Adwin)
Floats = NDArray[np.float64]


def a_stream(seed: int, lengths: list[int], *, whole: bool) -> list[float]:
    random = np.random.default_rng(seed)
    parts = [np.clip(random.normal(random.random(), 0.2, n), 0, 1) for n in lengths]
    values = np.concatenate(parts)
    return list((values > 0.5).astype(float) if whole else values)


def found_by_river(stream: list[float]) -> list[tuple[int, int, float]]:
    detector: Any = ADWIN()  # type: ignore[no-untyped-call]
    found = []
    for place, value in enumerate(stream):
        detector.update(value)
        if detector.drift_detected:
            found.append((place, int(detector.width), round(detector.estimation, 9)))
    return found


def found_by_ours(stream: list[float]) -> list[tuple[int, int, float]]:
    """River forgets everything after a change; so does this loop."""
    detector, found = Adwin(), []
    for place, value in enumerate(stream):
        if detector.add(value):
            found.append((place, detector.width, round(detector.mean, 9)))
            detector = Adwin()
    return found


@given(
    seed=st.integers(0, 2**32 - 1),
    lengths=st.lists(st.integers(1, 900), min_size=1, max_size=4),
    whole=st.booleans(),
)
def test_changes_are_found_where_river_finds_them(
    seed: int, lengths: list[int], whole: bool
) -> None:
    stream = a_stream(seed, lengths, whole=whole)
    assert found_by_ours(stream) == found_by_river(stream)


def test_the_comparison_with_river_is_about_something() -> None:
    found = [found_by_ours(a_stream(seed, [700, 700, 700], whole=False)) for seed in range(20)]
    assert sum(map(len, found)) >= 20


@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(0, 900))
def test_a_detector_that_was_written_down_goes_on_as_if_nothing_had_been(
    seed: int, cut: int
) -> None:
    stream = a_stream(seed, [400, 500], whole=False)
    straight, resumed = Adwin(), Adwin()
    for value in stream[:cut]:
        straight.add(value)
        resumed.add(value)
    resumed = STATE.validate_json(STATE.dump_json(resumed))
    for value in stream[cut:]:
        assert straight.add(value) == resumed.add(value)
    assert straight == resumed


def test_what_is_written_down_stays_small_however_long_the_stream() -> None:
    detector = Adwin()
    for value in np.random.default_rng(1).random(50_000).tolist():
        detector.add(value)
    assert detector.width == 50_000
    assert len(STATE.dump_json(detector)) < 5_000


def test_streams_that_do_not_change_hardly_ever_alarm() -> None:
    random = np.random.default_rng(5)
    alarmed = 0
    for _ in range(60):
        detector = Adwin()
        rate = random.uniform(0.05, 0.5)
        alarmed += any(detector.add(float(value < rate)) for value in random.random(5_000))
    assert alarmed <= 1


@pytest.mark.parametrize("values", [[], [0.5], [0.0] * 500, [1.0] * 500, [0.0, 1.0] * 300])
def test_nothing_is_found_where_there_is_nothing(values: list[float]) -> None:
    detector = Adwin()
    assert not any(detector.add(value) for value in values)
    assert detector.width == len(values)
