"""The sample of rows kept beside a dataset."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st
from perennial.data.order import Code, Order
from perennial.data.row_sample import RowSample, numbered
from perennial.data.run import validate_run
from perennial.registry.records import SourceObject

from tests.fakes.objects import InMemoryObjects
from tests.fakes.records import a_run
from tests.fakes.registry import InMemoryRegistry
from tests.unit.data.loans import spec, text

ROWS = pa.table({"n": np.arange(5_000)})


def sampled(cuts: list[int], limit: int = 400) -> pa.Table:
    sample = RowSample(limit)
    for start, end in zip([0, *cuts], [*cuts, 5_000], strict=True):
        sample.add(ROWS.slice(start, end - start), numbered(start, end - start))
    found = sample.table()
    assert found is not None
    return found


@given(st.lists(st.integers(0, 5_000), max_size=5).map(sorted))
def test_how_rows_are_cut_into_pieces_does_not_change_the_sample(cuts: list[int]) -> None:
    assert sampled(cuts).equals(sampled([]))


def test_a_sample_is_within_its_limit_and_even_over_any_period() -> None:
    found = sampled([], limit=2_000)["n"].to_numpy()
    assert 800 < len(found) <= 2_000
    for period in (2, 3, 8, 24):
        counts = np.bincount(found % period, minlength=period)
        assert counts.min() > 0.7 * len(found) / period


def test_samples_of_parts_make_the_sample_of_the_whole() -> None:
    first, second = RowSample(400), RowSample(400)
    first.add(ROWS.slice(0, 1_000), numbered(0, 1_000))
    second.add(ROWS.slice(1_000), numbered(1_000, 4_000))
    first.merge(second)
    found = first.table()
    assert found is not None
    assert found.equals(sampled([]))


def published(**changes: object) -> pa.Table:
    source = SourceObject("data", "incoming/loans/a.csv", "1", "etag", 1)
    registry, objects = InMemoryRegistry(), InMemoryObjects()
    registry.create_run(a_run("f" * 32, model="loans", source=source))
    objects.write("s3://data/incoming/loans/a.csv", text().encode(), "text/csv")
    order = Order("loans", "f" * 32, source)
    code = Code("0.1.0", "c" * 64)
    answer, _ = validate_run(order, spec(**changes), code, "data", objects, registry, lambda: "now")
    uri = answer["dataset"]["uri"].replace("data.parquet", "sample.parquet")
    return pq.read_table(io.BytesIO(objects.read(uri)))


def test_a_dataset_has_a_sample_of_its_features() -> None:
    found = published()
    assert found.column_names == ["age", "income", "job", "owner", "since"]
    assert found.num_rows == 40
    assert set(found["job"].to_pylist()) == {"clerk", "nurse", "miner"}


def test_a_sample_never_holds_a_sensitive_column() -> None:
    assert published(sensitive=["age"]).column_names == ["income", "job", "owner", "since"]
