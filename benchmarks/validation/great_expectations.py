"""Great Expectations on pandas."""

from __future__ import annotations

import os
import sys

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import pandas as pd
from great_expectations import expectations as gxe

from benchmarks.validation.table import CLASSES, IDENTIFIER, INTEGERS, LEVELS, NUMBERS, TARGET

if __name__ == "__main__":
    path = sys.argv[1]
    frame = pd.read_parquet(path) if path.endswith(".parquet") else pd.read_csv(path)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("pandas")
    asset = source.add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite("checks")
    expected = [gxe.ExpectColumnValuesToBeUnique(column=IDENTIFIER)]
    for kind, columns in (("float64", NUMBERS), ("int64", INTEGERS)):
        for name, (low, high) in columns.items():
            expected.append(gxe.ExpectColumnValuesToBeOfType(column=name, type_=kind))
            expected.append(gxe.ExpectColumnValuesToNotBeNull(column=name))
            expected.append(
                gxe.ExpectColumnValuesToBeBetween(column=name, min_value=low, max_value=high)
            )
    for name, levels in {**LEVELS, TARGET: CLASSES}.items():
        expected.append(gxe.ExpectColumnValuesToNotBeNull(column=name))
        expected.append(gxe.ExpectColumnValuesToBeInSet(column=name, value_set=levels))
    for one in expected:
        suite.add_expectation(one)
    assert batch.validate(suite).success
