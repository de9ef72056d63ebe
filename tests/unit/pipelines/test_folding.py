"""A folded pipeline answers as the pipeline itself does, for any row whatever."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perennial.errors import TrainingFailed
from perennial.training.parity import RELATIVE
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tests.unit.pipelines.samples import Fit, any_codes, fit, returning, usual

FINALS = {
    "binary": {
        "DecisionTreeClassifier(min_samples_leaf=5)": "forest",
        "ExtraTreesClassifier(8)": "forest",
        "GradientBoostingClassifier(n_estimators=8)": "forest",
        "GradientBoostingClassifier(loss='exponential', n_estimators=8)": "forest",
        "HistGradientBoostingClassifier(max_iter=8)": "forest",
        "LogisticRegression()": "linear",
        "RandomForestClassifier(8)": "forest",
        "XGBClassifier(n_estimators=8)": "xgboost",
    },
    "multiclass": {
        "ExtraTreesClassifier(8)": "forest",
        "GradientBoostingClassifier(n_estimators=4)": "forest",
        "HistGradientBoostingClassifier(max_iter=4)": "forest",
        "LogisticRegression()": "linear",
        "RandomForestClassifier(8)": "forest",
        "XGBClassifier(n_estimators=4)": "xgboost",
    },
    "regression": {
        "DecisionTreeRegressor(min_samples_leaf=5)": "forest",
        "ElasticNet()": "linear",
        "ExtraTreesRegressor(8)": "forest",
        "GradientBoostingRegressor(n_estimators=8)": "forest",
        "HistGradientBoostingRegressor(max_iter=8)": "forest",
        "Lasso()": "linear",
        "LinearRegression()": "linear",
        "RandomForestRegressor(8)": "forest",
        "Ridge()": "linear",
        "XGBRegressor(n_estimators=8)": "xgboost",
    },
}
CASES = [(task, final, kind) for task, named in FINALS.items() for final, kind in named.items()]
NUMBERS = [
    "SimpleImputer()",
    "make_pipeline(SimpleImputer(strategy='median', add_indicator=True), RobustScaler())",
    "make_pipeline(SimpleImputer(strategy='most_frequent'), MinMaxScaler())",
    "make_pipeline(SimpleImputer(strategy='constant', fill_value=-7), MaxAbsScaler())",
    "make_pipeline(StandardScaler(with_mean=False), SimpleImputer())",
    "make_pipeline(SimpleImputer(), VarianceThreshold(), StandardScaler(with_std=False))",
    "make_pipeline(FunctionTransformer(np.arcsinh), SimpleImputer(), StandardScaler())",
    "make_pipeline(FunctionTransformer(np.cbrt), SimpleImputer(add_indicator=True))",
    "make_pipeline(SimpleImputer(), MinMaxScaler(clip=True))",
    "make_pipeline(SimpleImputer(), FeatureUnion([('a', StandardScaler()), ('b', 'passthrough')]))",
]
LABELS = [
    "OneHotEncoder(handle_unknown='ignore', sparse_output=False)",
    "OneHotEncoder(handle_unknown='infrequent_if_exist', max_categories=3, sparse_output=False)",
    "OneHotEncoder(drop='first', handle_unknown='ignore', sparse_output=False)",
    "OrdinalEncoder(encoded_missing_value=-1)",
    "OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-5, "
    "encoded_missing_value=-2)",
    "make_pipeline(SimpleImputer(strategy='most_frequent'), OneHotEncoder(sparse_output=False))",
    "make_pipeline(SimpleImputer(strategy='constant', fill_value='none'), OrdinalEncoder())",
    "'drop'",
]
ANY_FUNCTION = [case for case in CASES if case[2] != "linear"]


def hold(found: Fit, codes: np.ndarray) -> int:
    """Compare engine and pipeline wherever the pipeline answers; how many rows that was."""
    try:
        with threadpool_limits(1):
            wanted = found.fitted.predict(codes)
    except TrainingFailed:  # it refuses numbers too large for a float32
        if len(codes) == 1:
            return 0
        half = len(codes) // 2
        return hold(found, codes[:half]) + hold(found, codes[half:])
    scale = np.maximum(np.abs(wanted), 1e-9 * np.abs(wanted).max(axis=1, keepdims=True))
    wrong = (np.abs(found.scores(codes) - wanted) > RELATIVE * scale).any(axis=1)
    assert not wrong.any(), codes[wrong]
    return len(codes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.mark.parametrize(("task", "final", "kind"), CASES)
def test_each_estimator_is_folded_and_answers_alike(
    folder: Path, task: str, final: str, kind: str
) -> None:
    found = fit(folder, usual(final), task)
    assert found.kind == kind, found.form.engine.get("reason")
    assert hold(found, any_codes(found.data, 60)) > 30


@settings(max_examples=15)
@given(
    case=st.sampled_from(CASES),
    numbers=st.sampled_from(NUMBERS),
    labels=st.sampled_from(LABELS),
    seed=st.integers(0, 2**16),
)
def test_whatever_is_folded_answers_alike(
    folder: Path, case: tuple[str, str, str], numbers: str, labels: str, seed: int
) -> None:
    task, final, kind = case
    found = fit(folder, usual(final, numbers=numbers, labels=labels), task)
    assert found.kind in (kind, "pipeline")
    if found.kind != "pipeline":
        hold(found, any_codes(found.data, 25, seed))


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("case", ANY_FUNCTION[:1], ids=str)
def test_each_step_for_numbers_is_folded_into_trees(
    folder: Path, numbers: str, case: tuple[str, str, str]
) -> None:
    task, final, kind = case
    found = fit(folder, usual(final, numbers=numbers), task)
    assert found.kind == kind, found.form.engine.get("reason")
    hold(found, any_codes(found.data, 40))


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("final", ["RandomForestClassifier(6)", "XGBClassifier(n_estimators=6)"])
def test_each_step_for_categories_is_folded_into_trees(
    folder: Path, labels: str, final: str
) -> None:
    found = fit(folder, usual(final, labels=labels))
    assert found.kind != "pipeline", found.form.engine["reason"]
    hold(found, any_codes(found.data, 40))


def test_columns_may_be_chosen_by_a_selector_and_passed_through(folder: Path) -> None:
    columns = (
        "ColumnTransformer([('n', SimpleImputer(), make_column_selector(dtype_include='number')),"
        " ('l', OneHotEncoder(sparse_output=False), make_column_selector(dtype_include=object))],"
        " remainder='passthrough')"
    )
    found = fit(folder, returning(f"make_pipeline({columns}, RandomForestClassifier(6))"))
    assert found.kind == "forest", found.form.engine["reason"]
    hold(found, any_codes(found.data, 40))


def test_contributions_of_a_folded_linear_pipeline_add_up_to_its_margin(folder: Path) -> None:
    found = fit(folder, usual("LogisticRegression()"))
    rows: list[dict[str, object]] = [
        {"number": 0.5, "count": 3, "kind": "b", "flag": None, "when": "2020-01-01T00:00:00Z"},
        {"number": None, "count": 1, "kind": None, "flag": True, "when": "2021-01-01T00:00:00Z"},
    ]
    engine = found.engine
    for said, why in zip(engine.predict(rows), engine.explain(rows), strict=True):
        document = why.document(0)
        terms = document["contributions"]
        assert isinstance(terms, list)
        margin = document["base_value"] + sum(one["contribution"] for one in terms)
        assert said.probabilities is not None
        assert 1 / (1 + np.exp(-margin)) == pytest.approx(said.probabilities["yes"], rel=1e-9)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (usual("KNeighborsClassifier()"), "it ends in a KNeighborsClassifier"),
        (
            usual("LogisticRegression()", numbers="make_pipeline(SimpleImputer(), "
                  "SplineTransformer())"),
            "it has a SplineTransformer",
        ),
        (
            usual("RandomForestClassifier(4)", numbers="make_pipeline(SimpleImputer(), "
                  "PolynomialFeatures())"),
            "it has a PolynomialFeatures",
        ),
        (
            usual("RandomForestClassifier(4)", numbers="make_pipeline(SimpleImputer(), "
                  "FunctionTransformer(np.abs))"),
            "its FunctionTransformer calls absolute",
        ),
        (
            usual("LogisticRegression()", numbers="make_pipeline(SimpleImputer(), "
                  "FunctionTransformer(np.arcsinh))"),
            "number enters a linear model through a function that is no line",
        ),
        (
            usual("RandomForestClassifier(4)", numbers="make_pipeline(SimpleImputer(), "
                  "FunctionTransformer(np.square))"),
            "its FunctionTransformer calls square",
        ),
        (
            usual("XGBClassifier(n_estimators=4)", numbers="SimpleImputer()",
                  labels="OneHotEncoder()").replace("['kind'])", "['kind']), sparse_threshold=1"),
            "XGBoost takes each zero of a sparse matrix for a missing value",
        ),
        (
            usual("XGBClassifier(n_estimators=4, booster='dart')"),
            "its booster is not made of trees",
        ),
        (
            usual("GradientBoostingClassifier(n_estimators=4, init=LogisticRegression())"),
            "its first guess (init) is an estimator of its own",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_folded_is_kept_and_says_why(folder: Path, source: str, reason: str) -> None:
    found = fit(folder, source)
    assert found.kind == "pipeline"
    assert reason in found.form.engine["reason"]
    kept = found.data.matrix(2)
    assert np.array_equal(found.scores(kept), found.fitted.predict(kept))
