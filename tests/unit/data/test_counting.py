"""Bins, repeats and samples are exact where they say so, whatever the chunks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from perennial.data.bins import Bins
from perennial.data.duplicates import RepeatCounter
from perennial.data.number_profiler import NumberProfiler
from perennial.data.sample import MAXIMUM_ROWS, Sample
from perennial.data.text_hashes import text_hashes

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
NUMBERS = arrays(np.float64, st.integers(1, 60), elements=st.floats(-100, 100, width=16))


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=6), st.integers(2, 40))
def test_bins_hold_exactly_the_values_between_their_edges(parts: list[Floats], bins: int) -> None:
    found = Bins()
    for part in parts:
        found.add(part, float(part.min()), float(part.max()))
    values = np.concatenate(parts)
    for edges, counts in (
        (found.edges, found.counts),
        (found.coarse(bins), found.merged(found.coarse(bins))),
    ):
        place = np.searchsorted(edges, values, "right")
        assert np.all(np.diff(edges) > 0)
        assert counts.tolist() == np.bincount(place, minlength=len(edges) + 1).tolist()


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=6))
def test_moments_do_not_depend_on_the_chunks(parts: list[Floats]) -> None:
    profiler = NumberProfiler()
    for part in parts:
        profiler.add(part, 2)
    values = np.concatenate(parts)
    found = profiler.profile(values)
    assert (found.rows, found.nulls) == (len(values) + 2 * len(parts), 2 * len(parts))
    assert found.mean == pytest.approx(values.mean(), abs=1e-9)
    assert found.standard_deviation == pytest.approx(values.std(), abs=1e-9)
    assert (found.minimum, found.maximum) == (values.min(), values.max())
    assert found.distinct == len(np.unique(values))


def test_values_that_grow_with_time_get_edges_of_their_own() -> None:
    bins = Bins()
    for month in range(12):
        values = np.random.default_rng(month).normal(100 * month, 1, 5000)
        bins.add(values, float(values.min()), float(values.max()))
    share = bins.counts / bins.counts.sum()
    assert share.max() < 0.1


def test_repeated_rows_are_counted_exactly_up_to_the_limit() -> None:
    counter = RepeatCounter()
    hashes = np.arange(1000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    counter.add(hashes)
    counter.add(hashes[:300])
    counter.add(hashes[:300])
    assert counter.exact
    assert counter.repeats() == 600


def test_beyond_the_limit_repeats_are_estimated_in_bounded_memory() -> None:
    generator = np.random.default_rng(0)
    counter = RepeatCounter(limit=20_000)
    for _ in range(50):
        fresh = generator.integers(0, 2**64, 4000, np.uint64, endpoint=False)
        counter.add(fresh)
        counter.add(fresh[:2000])
    assert not counter.exact
    assert len(counter._kept) <= 20_000
    assert counter.repeats() == pytest.approx(100_000, rel=0.1)


@settings(deadline=None)
@given(st.lists(st.none() | st.text(max_size=20), min_size=1, max_size=30), st.integers(0, 5))
def test_equal_texts_have_equal_hashes_and_others_do_not(
    texts: list[str | None], skip: int
) -> None:
    column = pa.array(["padding"] * skip + texts, pa.string()).slice(skip)
    hashes = text_hashes(column).tolist()
    plain = [text or "" for text in texts]
    assert len(set(hashes)) == len(set(plain))
    assert hashes == text_hashes(pa.array(texts, pa.string())).tolist()


@settings(deadline=None)
@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=12))
def test_a_sample_takes_even_steps_through_all_rows(lengths: list[int]) -> None:
    sample, first = Sample(), 0
    for length in lengths:
        sample.add({"row": np.arange(first, first + length, dtype=np.float64)})
        first += length
    rows = sample.columns()["row"]
    assert len(rows) <= MAXIMUM_ROWS
    assert rows.tolist() == list(range(0, first, sample.stride))


def test_numbers_as_far_apart_as_doubles_can_be_have_a_profile() -> None:
    profiler = NumberProfiler()
    values = np.array([-1.7e308, 1.7e308] * 15)
    profiler.add(values, 0)
    found = profiler.profile(values)
    assert found.quantiles["0.01"] == -1.7e308
    assert found.quantiles["0.99"] == 1.7e308
    assert sum(found.display_counts) <= 30
