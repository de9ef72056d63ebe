"""The synthetic table: 20 columns as real tables have them, and what they must satisfy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

STEP = 500_000  # rows made at a time
LEVELS = {f"level_{k}": [f"L{j:02d}" for j in range(k)] for k in (5, 8, 12, 20, 50)}
# Smallest and largest value allowed, by column; None is no limit.
NUMBERS: dict[str, tuple[float | None, float | None]] = {
    **{f"normal_{n}": (-10.0, 10.0) for n in range(4)},
    **{f"lognormal_{n}": (0.0, None) for n in range(3)},
    **{f"heavy_{n}": (-1e9, 1e9) for n in range(2)},
    "zero_inflated": (0.0, None),
}
INTEGERS: dict[str, tuple[float | None, float | None]] = {
    f"count_{n}": (0.0, 1000.0) for n in range(3)
}
IDENTIFIER, TARGET, CLASSES = "id", "y", ["no", "yes"]


def made(rows: int, folder: Path) -> dict[str, Path]:
    """The table as CSV and as Parquet; made once, 500,000 rows at a time."""
    paths = {form: folder / f"{rows}.{form}" for form in ("csv", "parquet")}
    if not all(path.is_file() for path in paths.values()):
        _write(rows, paths["csv"], paths["parquet"])
    return paths


def _write(rows: int, as_csv: Path, as_parquet: Path) -> None:
    generator = np.random.default_rng(0)
    first = _part(generator, 0, min(STEP, rows))
    with (
        pc.CSVWriter(as_csv, first.schema) as text,
        pq.ParquetWriter(as_parquet, first.schema) as columns,
    ):
        for start in range(0, rows, STEP):
            part = first if not start else _part(generator, start, min(STEP, rows - start))
            text.write(part)
            columns.write(part)


def _part(generator: np.random.Generator, start: int, rows: int) -> pa.Table:
    columns: dict[str, object] = {IDENTIFIER: np.arange(start, start + rows)}
    for n in range(4):
        columns[f"normal_{n}"] = generator.normal(size=rows).clip(-10, 10).round(4)
    for n in range(3):
        columns[f"lognormal_{n}"] = generator.lognormal(size=rows).round(3)
    for n in range(2):
        columns[f"heavy_{n}"] = generator.standard_t(3, size=rows).round(4)
    zeros = generator.random(rows) < 0.6
    columns["zero_inflated"] = np.where(zeros, 0, generator.exponential(10, rows).round(2))
    for n in range(3):
        columns[f"count_{n}"] = generator.poisson(4 * (n + 1), rows)
    for name, levels in LEVELS.items():
        columns[name] = np.array(levels)[generator.integers(0, len(levels), rows)]
    columns[TARGET] = np.array(CLASSES)[(generator.random(rows) < 0.3).astype(int)]
    return pa.table(columns)
