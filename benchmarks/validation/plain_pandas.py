"""A plain pandas script, as somebody in a hurry writes it."""

from __future__ import annotations

import sys

import pandas as pd

from benchmarks.validation.table import CLASSES, IDENTIFIER, INTEGERS, LEVELS, NUMBERS, TARGET

if __name__ == "__main__":
    path = sys.argv[1]
    frame = pd.read_parquet(path) if path.endswith(".parquet") else pd.read_csv(path)
    assert set(frame.columns) == {IDENTIFIER, *NUMBERS, *INTEGERS, *LEVELS, TARGET}
    assert frame[IDENTIFIER].is_unique
    assert not frame.isna().any().any()
    for kind, columns in (("float64", NUMBERS), ("int64", INTEGERS)):
        for name, (low, high) in columns.items():
            assert str(frame[name].dtype) == kind
            assert low is None or (frame[name] >= low).all()
            assert high is None or (frame[name] <= high).all()
    for name, levels in {**LEVELS, TARGET: CLASSES}.items():
        assert frame[name].isin(levels).all()
