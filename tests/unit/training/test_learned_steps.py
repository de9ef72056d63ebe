"""What steps learn is learned from training rows, and tells none of them its own target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from perennial.errors import TrainingFailed
from perennial.features.engineered import EngineeredEncoder
from perennial.spec.tuning import CrossValidation, FoldMethod
from perennial.training.folds import folds_of
from perennial.training.split import TRAIN, VALIDATION

from tests.unit.training.engineering_samples import (
    as_sent,
    candidate,
    data_of,
    engineered_spec,
    rows_with_text,
)
from tests.unit.training.samples import a_spec, table, trained


def noise(rows: int) -> pa.Table:
    """Many categories and a target that has nothing to do with them."""
    random = np.random.default_rng(5)
    kinds = [f"k{code}" for code in random.integers(0, rows // 3, rows)]
    return pa.table({"kind": kinds, "y": np.where(random.random(rows) < 0.5, "yes", "no")})


NOISE: dict[str, Any] = {
    "features": {"kind": {"type": "category"}},
    "engineering": {"steps": [{"step": "target", "column": "kind", "smoothing": 0}]},
}


def test_target_encoding_does_not_tell_a_row_its_own_target(tmp_path: Path) -> None:
    data = data_of(tmp_path, a_spec("binary", **NOISE), noise(3000))
    truth = data.labels(TRAIN).astype(float)
    encoded = data.matrix(TRAIN)[:, 1]
    assert abs(np.corrcoef(encoded, truth)[0, 1]) < 0.1
    told = data.encoder.columns[1]
    assert (told.name, told.sources) == ("kind_target", ("kind",))
    # What serves knows the whole training part: encoding the rows by it would leak.
    leaking = np.array(data.encoder.encode(noise(3000).select(["kind"]).to_pylist()))
    rows = np.flatnonzero(data.parts == TRAIN)
    assert np.corrcoef(leaking.reshape(-1, 2)[rows, 1], truth)[0, 1] > 0.5


def test_means_are_smoothed_towards_that_of_all_rows(tmp_path: Path) -> None:
    asked = {"steps": [{"step": "target", "column": "kind", "smoothing": 30}]}
    spec = a_spec("regression", engineering=asked)
    rows = table(400, "regression")
    data = data_of(tmp_path, spec, rows)
    training = data.parts == TRAIN
    truth = np.array(rows["y"].to_pylist())[training]
    of_b = np.array(rows["kind"].to_pylist(), dtype=object)[training] == "b"
    expected = (truth[of_b].sum() + 30 * truth.mean()) / (of_b.sum() + 30)
    row = {"number": 1.0, "count": 1, "kind": "b", "flag": None, "when": "2020-01-01"}
    code = dict(
        zip([c.name for c in data.encoder.columns], data.encoder.encode([row]), strict=True)
    )
    assert code["kind_target"] == np.float32(expected)


def test_several_classes_are_encoded_by_the_share_of_each(tmp_path: Path) -> None:
    asked = {"steps": [{"step": "target", "column": "kind"}]}
    data = data_of(tmp_path, a_spec("multiclass", engineering=asked), table(400, "multiclass"))
    names = [column.name for column in data.encoder.columns][-3:]
    assert names == ["kind_target=0", "kind_target=1", "kind_target=2"]
    assert data.matrix(VALIDATION)[:, -3:].sum(axis=1) == pytest.approx(1.0)


def test_nothing_is_learned_from_rows_held_out(tmp_path: Path) -> None:
    spec = engineered_spec()
    rows = rows_with_text(500, "binary")
    data = data_of(tmp_path, spec, rows)
    held_out = data.parts != TRAIN
    changed = rows.set_column(
        rows.column_names.index("number"),
        "number",
        pa.array(np.where(held_out, 1e6, np.nan_to_num(rows["number"].to_numpy()))),
    )
    kept = rows.set_column(
        rows.column_names.index("number"),
        "number",
        pa.array(np.nan_to_num(rows["number"].to_numpy())),
    )
    recipes = []
    for place, one in enumerate((kept, changed)):
        (tmp_path / str(place)).mkdir()
        encoder = data_of(tmp_path / str(place), spec, one).encoder
        assert isinstance(encoder, EngineeredEncoder)
        recipes.append(encoder.recipe.to_json())
    assert recipes[0] == recipes[1]


def test_components_are_those_of_scikit_learn(tmp_path: Path) -> None:
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    asked = {"steps": [{"step": "reduce", "columns": ["a", "b", "c"], "components": 2}]}
    random = np.random.default_rng(1)
    numbers = random.normal(size=(400, 3)) @ random.normal(size=(3, 3))
    rows = pa.table(
        dict(zip("abc", numbers.T, strict=True)) | {"y": numbers[:, 0] + random.normal(size=400)}
    )
    features = {name: {"type": "number"} for name in "abc"}
    data = data_of(tmp_path, a_spec("regression", features=features, engineering=asked), rows)
    ours = data.matrix(TRAIN)[:, 3:]
    scaled = StandardScaler().fit_transform(numbers[data.parts == TRAIN])
    theirs = PCA(2).fit_transform(scaled)
    signs = np.sign((ours * theirs).sum(axis=0))
    np.testing.assert_allclose(ours, theirs * signs, atol=1e-5)


def test_bins_hold_as_many_rows_each(tmp_path: Path) -> None:
    asked = {"steps": [{"step": "bin", "column": "number", "bins": 4}], "drop": ["kind"]}
    data = data_of(tmp_path, a_spec("binary", engineering=asked), table(1000, "binary"))
    bins = data.matrix(TRAIN)[:, -1]
    _, counts = np.unique(bins[~np.isnan(bins)], return_counts=True)
    assert len(counts) == 4
    assert np.ptp(counts) <= 2


@pytest.mark.parametrize(
    ("engineering", "told"),
    [
        ({"steps": [{"step": "ordinal", "column": "kind", "order": ["b"]}]}, "lacks 3 of the"),
        (
            {"steps": [{"step": "one_hot", "column": "kind"}], "drop": ["kind=z"]},
            "no column to drop is called 'kind=z'",
        ),
        (
            {
                "steps": [{"step": "one_hot", "column": "kind"}],
                "selection": {"keep": 1, "protected": ["kind=z"]},
            },
            "no column to protect is called 'kind=z'",
        ),
        (
            {
                "steps": [
                    {"step": "one_hot", "column": "kind"},
                    {"step": "log", "column": "number", "name": "kind=b"},
                ]
            },
            "two columns have the name 'kind=b'",
        ),
    ],
)
def test_data_that_does_not_fit_the_steps_is_told(
    tmp_path: Path, engineering: dict[str, Any], told: str
) -> None:
    with pytest.raises(TrainingFailed, match=told):
        data_of(tmp_path, a_spec("binary", engineering=engineering), table(300, "binary"))


def test_too_many_columns_are_refused_before_they_are_made(tmp_path: Path) -> None:
    rows = pa.table(
        {
            "kind": [f"k{place}" for place in range(12_000)],
            "y": ["yes", "no"] * 6_000,
        }
    )
    asked = {"steps": [{"step": "one_hot", "column": "kind"}]}
    spec = a_spec("binary", features={"kind": {"type": "category"}}, engineering=asked)
    with pytest.raises(TrainingFailed, match="over 10000"):
        data_of(tmp_path, spec, rows)


def test_columns_without_any_value_are_survived(tmp_path: Path) -> None:
    rows = rows_with_text(300, "binary")
    empty = {"number": pa.nulls(300, pa.float64()), "said": pa.nulls(300, pa.string())}
    for name, column in empty.items():
        rows = rows.set_column(rows.column_names.index(name), name, column)
    store, _ = trained(tmp_path, engineered_spec(algorithm="linear"), rows)
    assert candidate(store)[0].predict(as_sent(rows.slice(0, 3)))


def test_each_fold_learns_its_own_steps(tmp_path: Path) -> None:
    """A fold whose steps knew the rows it is judged on would be judged too well."""
    spec = engineered_spec("regression")
    data = data_of(tmp_path, spec, rows_with_text(400, "regression"))
    asked = CrossValidation(method=FoldMethod.RANDOM, folds=3)
    recipes = []
    for fold in folds_of(data, asked, seed=1):
        encoder = fold.encoder
        assert isinstance(encoder, EngineeredEncoder)
        recipes.append(str(encoder.recipe.to_json()))
        assert fold.matrix(VALIDATION).shape[1] == len(data.encoder)
    assert len({*recipes}) == 3
