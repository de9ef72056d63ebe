"""pandera on pandas."""

from __future__ import annotations

import sys

import pandas as pd
import pandera.pandas as pa

from benchmarks.validation.table import CLASSES, IDENTIFIER, INTEGERS, LEVELS, NUMBERS, TARGET


def limits(low: float | None, high: float | None) -> list[pa.Check]:
    checks = [] if low is None else [pa.Check.ge(low)]
    return checks if high is None else [*checks, pa.Check.le(high)]


if __name__ == "__main__":
    path = sys.argv[1]
    frame = pd.read_parquet(path) if path.endswith(".parquet") else pd.read_csv(path)
    columns = {IDENTIFIER: pa.Column(int, unique=True)}
    columns |= {name: pa.Column(float, limits(*of)) for name, of in NUMBERS.items()}
    columns |= {name: pa.Column(int, limits(*of)) for name, of in INTEGERS.items()}
    columns |= {name: pa.Column(str, pa.Check.isin(of)) for name, of in LEVELS.items()}
    columns[TARGET] = pa.Column(str, pa.Check.isin(CLASSES))
    pa.DataFrameSchema(columns, strict=True).validate(frame, lazy=True)
