"""How long it takes to forget a person: captures by the million, without a cloud in between.

Run it with `python -m benchmarks.bench_forgetting`. The store is in memory, so what is measured is
the work of the function; on S3 each file costs its own round trip as well.
"""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from perennial.forgetting.datasets import Request
from perennial.forgetting.person import Person
from perennial.forgetting.records import Found
from perennial.forgetting.sweep import Cursor, Sweep
from perennial.privacy.pseudonyms import Pseudonyms

from tests.fakes.versioned import InMemoryVersions

FILES, ROWS, PERSONS, FEATURES = 1_000, 1_000, 200_000, 20


def main() -> None:
    """Fill a store, forget one person, and say what it took."""
    made, store = Pseudonyms(lambda: b"k" * 32), InMemoryVersions()
    random = np.random.default_rng(0)
    for number in range(FILES):
        drawn = random.integers(0, PERSONS, ROWS)
        entities = [made.of(f"p-{one}", "entity_id") for one in drawn.tolist()]
        columns: dict[str, Any] = {f"f{n}": random.normal(size=ROWS) for n in range(FEATURES)}
        ids = [f"r{number}-{row}" for row in range(ROWS)]
        table = pa.table({"prediction_id": ids, "entity_id": entities, **columns})
        body = io.BytesIO()
        pq.write_table(table, body, compression="zstd")
        place = f"s3://data/captures/model=bank/version=1/hour=2026-01-01T00/{number:05d}.parquet"
        store.write(place, body.getvalue())
    person = Person("entity_id", made.of("p-7", "entity_id"), Pseudonyms(lambda: b"k" * 32))
    found = Found()
    sweep = Sweep(store, "data", Request("bank", "r", "", "s"), person, found)
    began = time.perf_counter()
    sweep.run(Cursor(), lambda: False)
    took = time.perf_counter() - began
    rows = FILES * ROWS
    print(
        f"{rows:,} captured rows in {FILES:,} files: {took:.1f} s, {rows / took:,.0f} rows/s; "
        f"{found.rows.get('captures', 0)} rows removed from {found.versions} files"
    )


if __name__ == "__main__":
    main()
