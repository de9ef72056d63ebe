"""Folds judge each row by others, keep groups together and the future apart; the holdout rests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.errors import TrainingFailed
from perennial.spec import Split, SplitMethod
from perennial.spec.tuning import CrossValidation
from perennial.training.data import TrainingData
from perennial.training.dataset import Dataset
from perennial.training.folds import UNUSED, folds_of
from perennial.training.split import HOLDOUT, TRAIN, VALIDATION, split_rows

from tests.unit.training.samples import a_spec, table

Parts = list[npt.NDArray[np.uint8]]
RANDOM = {"method": "random", "folds": 4}
STRATIFIED = {"method": "stratified", "folds": 4}
GROUPED = {"method": "group", "folds": 4, "group_column": "person"}
TIMED = {"method": "time", "folds": 4}


def data_of(folder: Path, rows: pa.Table, task: str = "binary", **given: Any) -> TrainingData:
    """Rows divided as a job divides them; `person` is their id and `at` their time, if there."""
    path = folder / "data.parquet"
    pq.write_table(rows, path)
    spec = a_spec(task, **given)
    dataset = Dataset(path, spec)
    target = dataset.target()
    by_time = spec.split.method is SplitMethod.TIME
    times = dataset.times() if by_time else None
    parts = split_rows(dataset.rows, spec.split, 0, classes=target.codes, times=times)
    return TrainingData(dataset, target, parts)


def divided(data: TrainingData, asked: dict[str, Any], seed: int = 0) -> Parts:
    return [fold.parts for fold in folds_of(data, CrossValidation.model_validate(asked), seed)]


def with_column(rows: pa.Table, name: str, values: Any) -> pa.Table:
    return rows.append_column(name, pa.array(values))


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    """200 rows of two classes, 20 persons with ten rows each but for one with many."""
    persons = [f"p{min(number // 8, 19)}" for number in range(200)]
    rows = with_column(table(200, "binary"), "person", persons)
    return data_of(tmp_path, rows, id_column="person")


@pytest.mark.parametrize("asked", [RANDOM, STRATIFIED, GROUPED])
def test_each_row_outside_the_holdout_is_judged_once_and_fitted_in_all_other_folds(
    data: TrainingData, asked: dict[str, Any]
) -> None:
    folds = np.array(divided(data, asked))
    kept = data.parts != HOLDOUT
    assert len(folds) == 4
    assert ((folds == HOLDOUT) == ~kept).all()
    assert ((folds == VALIDATION).sum(axis=0) == kept).all()
    assert ((folds == TRAIN).sum(axis=0) == 3 * kept).all()


def test_random_folds_are_as_large_as_each_other_and_moved_by_the_seed_alone(
    data: TrainingData,
) -> None:
    first = divided(data, RANDOM, seed=1)
    sizes = [int((parts == VALIDATION).sum()) for parts in first]
    assert max(sizes) - min(sizes) <= 1
    assert np.array_equal(first, divided(data, RANDOM, seed=1))
    assert not np.array_equal(first, divided(data, RANDOM, seed=2))


def test_stratified_folds_have_each_classs_share(tmp_path: Path) -> None:
    rows = table(300, "multiclass").drop_columns(["y"])
    classes = np.repeat(["rare", "some", "many"], [12, 60, 228])
    data = data_of(tmp_path, with_column(rows, "y", classes), "multiclass")
    codes = data.target.codes
    assert codes is not None
    for label in range(3):
        judged = [
            int((codes[parts == VALIDATION] == label).sum()) for parts in divided(data, STRATIFIED)
        ]
        assert max(judged) - min(judged) <= 1
        assert min(judged) > 0


def test_no_group_is_fitted_and_judged_in_one_fold(data: TrainingData) -> None:
    persons = np.array(data.dataset.column("person").to_pylist())
    sizes = []
    for parts in divided(data, GROUPED):
        fitted, judged = {*persons[parts == TRAIN]}, {*persons[parts == VALIDATION]}
        assert judged
        assert not fitted & judged
        sizes.append(int((parts == VALIDATION).sum()))
    assert max(sizes) - min(sizes) <= 10  # a person's rows


def test_rows_without_a_group_stay_together(tmp_path: Path) -> None:
    persons = [None if number % 5 == 0 else f"p{number % 9}" for number in range(200)]
    rows = with_column(table(200, "binary"), "person", persons)
    data = data_of(tmp_path, rows, id_column="person")
    nobody = np.array([person is None for person in persons]) & (data.parts != HOLDOUT)
    judged = [parts[nobody] == VALIDATION for parts in divided(data, GROUPED)]
    assert sorted(marks.all() or not marks.any() for marks in judged) == [True] * 4
    assert sum(bool(marks.all()) for marks in judged) == 1


@pytest.mark.parametrize("named", [True, False])
def test_no_fold_of_time_is_fitted_on_what_comes_after(tmp_path: Path, named: bool) -> None:
    moments = np.random.default_rng(3).integers(0, 50, 200).astype(float)  # with ties
    rows = with_column(table(200, "binary"), "at", moments)
    split = {"method": "time", "holdout": 0.2, "validation": 0.1}
    data = data_of(tmp_path, rows, split=split, **({"time_column": "at"} if named else {}))
    times = moments if named else np.arange(200.0)
    latest = -1.0
    for parts in divided(data, TIMED):
        fitted, judged = times[parts == TRAIN], times[parts == VALIDATION]
        assert fitted.max() <= judged.min()
        assert judged.max() <= times[data.parts == HOLDOUT].min()
        assert latest <= judged.min()  # each fold is judged later than the one before
        later = (data.parts != HOLDOUT) & (parts == UNUSED)
        assert not later.any() or times[later].min() >= judged.max()
        latest = judged.max()


def test_the_last_fold_of_time_leaves_nothing_out(data: TrainingData) -> None:
    folds = divided(data, TIMED)
    assert [(parts == UNUSED).any() for parts in folds] == [True, True, True, False]


@pytest.mark.parametrize("asked", [RANDOM | {"folds": 20}, TIMED | {"folds": 20}])
def test_too_few_rows_are_refused_with_their_number(tmp_path: Path, asked: dict[str, Any]) -> None:
    data = data_of(tmp_path, table(40, "binary"))
    with pytest.raises(TrainingFailed, match=r"cross_validation: 32 rows do not make 20 folds"):
        divided(data, asked)


def test_too_few_groups_are_refused_with_their_number(tmp_path: Path) -> None:
    rows = with_column(table(60, "binary"), "person", ["a", "b", "c"] * 20)
    data = data_of(tmp_path, rows, id_column="person")
    with pytest.raises(TrainingFailed, match=r"cross_validation: 3 groups do not make 4 folds"):
        divided(data, GROUPED)


def test_a_fold_without_a_class_to_learn_is_refused_by_its_number(tmp_path: Path) -> None:
    """All early rows are of one class, so what is judged first was never seen."""
    rows = table(100, "binary").drop_columns(["y"])
    late = with_column(rows, "y", ["no"] * 50 + ["yes", "no"] * 25)
    split = Split(method=SplitMethod.TIME, holdout=0.2, validation=0.1).model_dump(mode="json")
    data = data_of(tmp_path, late, split=split)
    with pytest.raises(TrainingFailed, match=r"cross_validation, fold 1: .* no row in the train"):
        divided(data, TIMED)
