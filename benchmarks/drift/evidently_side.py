"""Evidently's side, in its own virtual environment: which columns of each window it flags.

For repetitions, the tests that its preset chooses by default are called one by one: the same
verdicts as those of its report (`check` compares them), without drawing the report's pictures.
"""

from __future__ import annotations

import json
import sys
import warnings

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.legacy.calculations.stattests import get_stattest
from evidently.legacy.core import ColumnType
from evidently.presets import DataDriftPreset

from benchmarks.drift.columns import LEVELS, NUMBERS, Change, Columns, subset
from benchmarks.drift.trials import COLUMN, Trial

warnings.filterwarnings("ignore")


def main() -> None:
    what, *rest = sys.argv[1:]
    if what == "report":
        reference, current = (pd.read_parquet(path) for path in rest)
        sys.stdout.write(f"{len(_report(reference, current))} of {len(current.columns)}\n")
        return
    for line in sys.stdin:
        given = json.loads(line)
        given["change"] = Change(**given["change"])
        trial = Trial(**given)
        if what == "check":
            _check(trial)
        sys.stdout.write(json.dumps(_counts(trial)) + "\n")
        sys.stdout.flush()


def _counts(trial: Trial) -> list[int]:
    """Columns flagged in each window; of a changed one only whether that column was."""
    names = [COLUMN[trial.change.kind]] if trial.change.kind in COLUMN else None
    return [
        sum(_flagged(reference, _frame(trial.window(number), names)))
        for columns, numbers in trial.references()
        for reference in [_frame(columns, names)]
        for number in numbers
    ]


def _frame(columns: Columns, names: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame(subset(columns, names or list(columns)))


def _flagged(reference: pd.DataFrame, current: pd.DataFrame) -> list[bool]:
    found = []
    for name in current.columns:
        kind = ColumnType.Categorical if name in LEVELS else ColumnType.Numerical
        test = get_stattest(reference[name], current[name], kind, None)
        found.append(bool(test(reference[name], current[name], kind, None).drifted))
    return found


def _report(reference: pd.DataFrame, current: pd.DataFrame) -> list[str]:
    """Names of the columns the preset's report flags."""
    definition = DataDefinition(
        numerical_columns=[name for name in NUMBERS if name in current.columns],
        categorical_columns=[name for name in LEVELS if name in current.columns],
    )
    run = Report([DataDriftPreset()]).run(
        Dataset.from_pandas(current, definition), Dataset.from_pandas(reference, definition)
    )
    found = []
    for metric in run.dict()["metrics"]:
        asked = metric["config"]
        if "method" in asked:
            by_probability = "p_value" in asked["method"]
            value, threshold = float(metric["value"]), asked["threshold"]
            if (value < threshold) if by_probability else (value >= threshold):
                found.append(asked["column"])
    return found


def _check(trial: Trial) -> None:
    """The preset's report and its tests called one by one agree on the first windows."""
    for columns, numbers in trial.references():
        reference, current = _frame(columns), _frame(trial.window(numbers[0]))
        flagged = _flagged(reference, current)
        names = [name for name, one in zip(current.columns, flagged, strict=True) if one]
        if sorted(_report(reference, current)) != sorted(names):
            raise SystemExit("the report and the tests it is made of disagree")
        return


if __name__ == "__main__":
    main()
