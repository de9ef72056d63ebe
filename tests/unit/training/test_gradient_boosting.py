"""Gradient boosting stops on the validation part, and its missing values cost nothing to serve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.errors import TrainingFailed
from perennial.training.imputed import Imputed
from perennial.training.trees import Tree

from tests.unit.training.samples import a_spec, table, trained

NAME = "gradient_boosting"


def found(folder: Path, task: str, **parameters: Any) -> dict[str, Any]:
    _, training = trained(folder, a_spec(task, NAME, parameters=parameters), table(300, task))
    return training


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_it_stops_when_the_validation_part_gains_no_more(tmp_path: Path, task: str) -> None:
    training = found(tmp_path, task, learning_rate=0.5, n_iter_no_change=5)
    curve = training["learning_curve"]
    best = min(curve, key=lambda point: point["validation"])["round"]
    assert training["best_iteration"] == best
    assert len(curve) == best + 5
    assert training["parameters"]["n_estimators"] == 500


def test_without_patience_every_round_is_kept(tmp_path: Path) -> None:
    training = found(tmp_path, "binary", learning_rate=1.0, n_estimators=60, n_iter_no_change=0)
    assert training["best_iteration"] == 60


def test_train_and_validation_losses_are_on_one_scale(tmp_path: Path) -> None:
    """The library doubles some of its losses; the first round's are of one size all the same."""
    for task in ("binary", "multiclass", "regression"):
        folder = tmp_path / task
        folder.mkdir()
        first = found(folder, task, n_estimators=1)["learning_curve"][0]
        assert first["validation"] == pytest.approx(first["train"], rel=0.35)


def test_it_tells_how_far_it_has_come(tmp_path: Path) -> None:
    said: list[tuple[str, dict[str, Any]]] = []
    spec = a_spec("binary", NAME, parameters={"n_estimators": 120, "n_iter_no_change": 0})
    trained(tmp_path, spec, table(200, "binary"), progress=lambda m, **f: said.append((m, f)))
    assert [f["round"] for message, f in said if message == "fitting"] == [1, 101]


@pytest.mark.parametrize(
    ("task", "parameters", "sentence"),
    [
        ("binary", {"n_iter_no_change": -1}, "n_iter_no_change must be a whole number"),
        ("binary", {"n_iter_no_change": 2.5}, "n_iter_no_change must be a whole number"),
        ("multiclass", {"loss": "exponential"}, "only suitable for a binary"),
        ("regression", {"loss": "log_loss"}, "'loss' parameter"),
        ("binary", {"init": "prior"}, "'init' parameter"),
        ("binary", {"criterion": "squared_error"}, "has no parameter 'criterion'"),
        ("binary", {"validation_fraction": 0.2}, "has no parameter 'validation_fraction'"),
    ],
)
def test_what_it_cannot_do_is_refused_in_one_sentence(
    tmp_path: Path, task: str, parameters: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(TrainingFailed, match=sentence) as caught:
        found(tmp_path, task, **parameters)
    assert str(caught.value).startswith(NAME)
    assert "\n" not in str(caught.value)


CODES = st.lists(
    st.tuples(*[st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False)] * 2),
    min_size=1,
    max_size=20,
)


def as_codes(rows: list[tuple[float | None, ...]]) -> Any:
    return np.array([[np.nan if v is None else v for v in row] for row in rows], dtype=np.float32)


@given(rows=CODES, asked=CODES, column=st.integers(0, 3), threshold=st.floats(-2, 2) | st.just(0.5))
def test_a_split_of_an_imputed_column_is_one_of_its_feature(
    rows: list[tuple[float | None, ...]],
    asked: list[tuple[float | None, ...]],
    column: int,
    threshold: float,
) -> None:
    imputed = Imputed(as_codes(rows), [False, True])
    columns = imputed.columns(as_codes(asked))
    assert not np.isnan(columns).any()
    column = min(column, columns.shape[1] - 1)
    if column >= 2:
        threshold = 0.5  # a mark is 0 or 1
    split = Tree(
        left=np.array([1, -1, -1]),
        right=np.array([2, -1, -1]),
        feature=np.array([column, -2, -2]),
        threshold=np.array([threshold, -2.0, -2.0]),
        missing_left=np.zeros(3, dtype=np.bool_),
        values=np.zeros((3, 1)),
    )
    unfolded = imputed.unfolded(split)
    of_feature = as_codes(asked)[:, int(unfolded.feature[0])]
    left = np.where(
        np.isnan(of_feature), unfolded.missing_left[0], of_feature <= unfolded.threshold[0]
    )
    assert left.tolist() == (columns[:, column] <= split.threshold[0]).tolist()


def test_a_missing_number_is_the_lower_median_and_a_missing_category_below_all() -> None:
    codes = as_codes([(1.0, 0.0), (4.0, None), (9.0, 2.0), (None, 1.0), (2.0, 0.0)])
    columns = Imputed(codes, [False, True]).columns(as_codes([(None, None), (3.0, 1.0)]))
    assert columns.tolist() == [[2.0, -1.0, 1.0, 1.0], [3.0, 1.0, 0.0, 0.0]]
