"""pandera on polars, as it is told to look at values and not at the schema only."""

from __future__ import annotations

import os
import sys

os.environ["PANDERA_VALIDATION_DEPTH"] = "SCHEMA_AND_DATA"

import pandera.polars as pa
import polars as pl

from benchmarks.validation.table import CLASSES, IDENTIFIER, INTEGERS, LEVELS, NUMBERS, TARGET


def limits(low: float | None, high: float | None) -> list[pa.Check]:
    checks = [] if low is None else [pa.Check.ge(low)]
    return checks if high is None else [*checks, pa.Check.le(high)]


if __name__ == "__main__":
    path = sys.argv[1]
    frame = pl.read_parquet(path) if path.endswith(".parquet") else pl.read_csv(path)
    columns = {IDENTIFIER: pa.Column(pl.Int64, unique=True)}
    columns |= {name: pa.Column(pl.Float64, limits(*of)) for name, of in NUMBERS.items()}
    columns |= {name: pa.Column(pl.Int64, limits(*of)) for name, of in INTEGERS.items()}
    columns |= {name: pa.Column(pl.String, pa.Check.isin(of)) for name, of in LEVELS.items()}
    columns[TARGET] = pa.Column(pl.String, pa.Check.isin(CLASSES))
    pa.DataFrameSchema(columns, strict=True).validate(frame, lazy=True)
