"""What a spec makes of its features is learned in training, and served by the artifact alone."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.errors import TrainingFailed
from perennial.evaluation.scoring import load_scorer
from perennial.features.engineered import EngineeredEncoder
from perennial.scoring.model import load_model
from perennial.serving.engine import Engine, engine_of
from perennial.serving.problems import Problem
from perennial.spec import Task
from perennial.spec.engineering import Selection
from perennial.training.data import TrainingData
from perennial.training.reading import read_data
from perennial.training.recipe import engineered
from perennial.training.selection import judge, permuted
from perennial.training.split import TRAIN, VALIDATION

from tests.unit.training.samples import FEATURES, RUN, FolderStore, a_spec, put_job, table, trained

SMALL: dict[str, dict[str, Any]] = {
    "xgboost": {"num_boost_round": 15},
    "linear": {},
    "random_forest": {"n_estimators": 5},
    "gradient_boosting": {"n_estimators": 10},
    "hist_gradient_boosting": {"max_iter": 10},
}
TEXT = {"said": {"type": "text", "nullable": True}}
STEPS: list[dict[str, Any]] = [
    {"step": "one_hot", "column": "kind"},
    {"step": "target", "column": "kind"},
    {"step": "scale", "columns": ["number", "count"], "method": "robust"},
    {"step": "log", "column": "number", "signed": True},
    {"step": "bin", "column": "count", "bins": 4},
    {"step": "date", "column": "when", "parts": ["weekday"], "cyclic": ["hour"]},
    {"step": "ratio", "columns": ["number", "count"]},
    {"step": "text", "column": "said", "hashes": 3},
    {"step": "reduce", "columns": ["number", "count", "number_log"], "components": 2},
]
ENGINEERING: dict[str, Any] = {"steps": STEPS, "drop": ["kind", "when"]}


def rows_with_text(rows: int, task: str) -> pa.Table:
    words = ["good", "bad", "so-so 👍🏽", "", None]
    said = [words[(place * 7) % 5] for place in range(rows)]
    return table(rows, task).append_column("said", pa.array(said, pa.string()))


def engineered_spec(task: str = "binary", algorithm: str = "xgboost", **given: Any) -> Any:
    engineering = given.pop("engineering", ENGINEERING)
    parameters = given.pop("parameters", SMALL.get(algorithm, {}))
    features = given.pop("features", FEATURES | TEXT)
    return a_spec(
        task,
        algorithm,
        features=features,
        engineering=engineering,
        parameters=parameters,
        **given,
    )


def candidate(store: FolderStore) -> tuple[Engine, bytes, str]:
    data = store.read(RUN + "candidate.zip")
    digest = hashlib.sha256(data).hexdigest()
    return engine_of(data, digest), data, digest


def as_sent(rows: pa.Table) -> list[dict[str, Any]]:
    return [
        {n: v.isoformat() if n == "when" else v for n, v in row.items()}
        for row in rows.drop_columns(["y"]).to_pylist()
    ]


@pytest.mark.parametrize("algorithm", SMALL)
@pytest.mark.parametrize("task", [task.value for task in Task])
def test_every_algorithm_serves_scores_and_evaluates_what_was_made(
    tmp_path: Path, algorithm: str, task: str
) -> None:
    spec = engineered_spec(task, algorithm)
    store, found = trained(tmp_path, spec, rows_with_text(500, task))
    engine, data, digest = candidate(store)
    held_out = pq.read_table(io.BytesIO(store.read(RUN + "holdout.parquet")))
    rows = as_sent(held_out)
    served = [
        [*one.probabilities.values()] if one.probabilities else [one.value]
        for one in engine.predict(rows)
    ]
    assert len({*map(tuple, served)}) > 1
    model = load_model(data, digest)
    checked = model.check(held_out)
    assert checked.refused is None
    assert checked.codes.tobytes() == engine.encoder.encode(rows).tobytes()
    assert model.scores(checked.codes).tolist() == served
    scores, answered = load_scorer(data, digest).scores(held_out.to_batches()[0])
    assert answered.all()
    assert scores.tolist() == served[: len(scores)]
    assert list(found["importances"])[: len(spec.features)] == list(spec.features)
    assert sum(found["importances"].values()) == pytest.approx(1.0)


def test_reasons_are_given_by_feature_and_add_up(tmp_path: Path) -> None:
    store, _ = trained(tmp_path, engineered_spec(), rows_with_text(500, "binary"))
    engine, _, _ = candidate(store)
    row = as_sent(rows_with_text(500, "binary").slice(3, 1))[0]
    (reason,) = engine.explain([row])
    told = reason.document(0)
    names = [one["feature"] for one in told["contributions"]]  # type: ignore[attr-defined, union-attr]
    made_of_two = ["number_per_count", "component_1", "component_2"]
    assert names == [*FEATURES, "said", *made_of_two]
    probability = engine.predict([row])[0].probabilities
    assert probability is not None
    odds = probability["yes"] / (1 - probability["yes"])
    assert told["margin"] == pytest.approx(np.log(odds), rel=1e-4)


def test_forests_are_still_not_explained(tmp_path: Path) -> None:
    store, _ = trained(
        tmp_path, engineered_spec(algorithm="random_forest"), rows_with_text(400, "binary")
    )
    with pytest.raises(Problem):
        candidate(store)[0].explain(as_sent(rows_with_text(400, "binary").slice(0, 1)))


def test_two_trainings_give_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for name, threads in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        spec = engineered_spec(algorithm="linear")
        _, found = trained(tmp_path / name, spec, rows_with_text(500, "binary"), threads=threads)
        digests.add(found["artifact_digest"])
    assert len(digests) == 1


def test_without_steps_the_artifact_says_nothing_of_them(tmp_path: Path) -> None:
    store, found = trained(tmp_path, a_spec("binary", "linear"), table(300, "binary"))
    manifest = candidate(store)[0].artifact.manifest
    assert manifest["format"] == 1
    assert "engineering" not in manifest
    assert found["selection"] == []


def test_code_that_knows_no_steps_refuses_the_artifact(tmp_path: Path) -> None:
    """Earlier releases take format 1 alone."""
    store, _ = trained(tmp_path, engineered_spec(algorithm="linear"), rows_with_text(300, "binary"))
    assert candidate(store)[0].artifact.manifest["format"] == 2


def data_of(tmp_path: Path, spec: Any, rows: pa.Table) -> TrainingData:
    store = FolderStore(tmp_path / "store")
    return read_data(put_job(store, spec, rows), store, tmp_path / "data.parquet")


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
    ("selection", "kept"),
    [
        ({"keep": 3}, 3),
        ({"at_least": 0.05}, None),
        ({"cumulative": 0.9}, None),
        ({"method": "permutation", "keep": 2, "protected": ["flag"]}, 3),
    ],
)
def test_columns_are_selected_and_the_reason_is_written_down(
    tmp_path: Path, selection: dict[str, Any], kept: int | None
) -> None:
    spec = engineered_spec(engineering=ENGINEERING | {"selection": selection})
    store, found = trained(tmp_path, spec, rows_with_text(500, "binary"))
    engine, _, _ = candidate(store)
    told = {one["column"]: one for one in found["selection"]}
    seen = [column.name for column in engine.encoder.columns]
    assert seen == [name for name, one in told.items() if one["kept"]]
    assert kept in (None, len(seen))
    assert 0 < len(seen) < len(told)
    assert all(one["reason"] for one in told.values())
    assert sum(one["importance"] for one in told.values()) == pytest.approx(1.0)
    golden = json.loads(engine.artifact.entries["golden.json"])
    assert [one.value for one in engine.predict(golden["rows"])] == [
        one["value"] for one in golden["expected"]
    ]
    assert len(golden["rows"][0]) == len(spec.features)


def test_selection_works_without_any_step(tmp_path: Path) -> None:
    spec = a_spec("binary", "linear", engineering={"selection": {"keep": 2}})
    store, _ = trained(tmp_path, spec, table(400, "binary"))
    engine, _, _ = candidate(store)
    assert len(engine.encoder) == 2
    assert len(engine.encoder.features) == 5


def columns_named(*names: str) -> tuple[Any, ...]:
    from perennial.features.schema import FeatureSchema

    return tuple(FeatureSchema(name, "number") for name in names)


def test_verdicts_follow_the_measure_that_is_asked_for() -> None:
    columns, gains = columns_named("a", "b", "c", "d"), np.array([6.0, 3.0, 1.0, 0.0])
    asked = {
        "keep": Selection(keep=1, protected=("c",)),
        "share": Selection(at_least=0.3),
        "together": Selection(cumulative=0.9),
        "all": Selection(cumulative=1.0),
        "none": Selection(at_least=0.9),
    }
    kept = {
        name: "".join(one.column for one in judge(columns, gains, one_asked) if one.kept)
        for name, one_asked in asked.items()
    }
    assert kept == {"keep": "ac", "share": "ab", "together": "ab", "all": "abc", "none": "a"}
    assert judge(columns, gains, asked["keep"])[2].reason.startswith("protected")


def test_columns_that_add_nothing_leave_the_first() -> None:
    judged = judge(columns_named("a", "b"), np.array([0.0, -1.0]), Selection(cumulative=0.5))
    assert [one.column for one in judged if one.kept] == ["a"]


def test_shuffling_a_column_that_decides_costs_most(tmp_path: Path) -> None:
    from perennial.training.algorithms import fit
    from perennial.training.run import silent

    spec = a_spec("regression", parameters={"num_boost_round": 40})
    data = data_of(tmp_path, spec, table(600, "regression"))
    fitted = fit(data, seed=0, threads=1, progress=silent)
    losses = permuted(data, fitted, seed=0)
    names = [column.name for column in data.encoder.columns]
    assert {names[place] for place in np.argsort(-losses)[:2]} <= {"number", "kind", "count"}
    assert np.array_equal(losses, permuted(data, fitted, seed=0))


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


def test_a_dataset_is_encoded_the_same_with_and_without_the_holdout_written(
    tmp_path: Path,
) -> None:
    data = data_of(tmp_path, engineered_spec(), rows_with_text(300, "binary"))
    before = data.matrix(TRAIN)
    for _ in data.encoding():
        pass
    assert np.array_equal(before, data.matrix(TRAIN), equal_nan=True)
    again = engineered(data.dataset, data.target, data.parts)
    assert [c.name for c in again.encoder.columns] == [c.name for c in data.encoder.columns]


def test_fewer_columns_are_the_same_columns(tmp_path: Path) -> None:
    data = data_of(tmp_path, engineered_spec(), rows_with_text(300, "binary"))
    names = [column.name for column in data.encoder.columns]
    kept = ["kind_target", "count"]
    fewer = data.keeping(kept)
    places = [names.index(name) for name in ("count", "kind_target")]
    assert np.array_equal(fewer.matrix(TRAIN), data.matrix(TRAIN)[:, places])
    for _ in fewer.encoding():
        pass
    assert np.array_equal(fewer.matrix(TRAIN), data.matrix(TRAIN)[:, places])
