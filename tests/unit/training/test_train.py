"""A training leaves a candidate that answers like its estimator, whatever the data looks like."""

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
from perennial.forgetting.records import TOMBSTONE, Removal, Tombstone
from perennial.serving.engine import Engine, engine_of
from perennial.spec import Algorithm, ModelSpec, Task

from tests.unit.training.samples import RUN, FolderStore, a_spec, table, trained

TASKS = ("binary", "multiclass", "regression")
SMALL: dict[str, dict[str, Any]] = {
    "xgboost": {"num_boost_round": 20},
    "linear": {},
    "logistic_regression": {},
    "linear_regression": {},
    "ridge": {},
    "random_forest": {"n_estimators": 10},
    "extra_trees": {"n_estimators": 10},
    "gradient_boosting": {"n_estimators": 20},
    "hist_gradient_boosting": {"max_iter": 20},
}
COMBINATIONS = [(name, task.value) for name in SMALL for task in Algorithm(name).tasks]
CLASSIFIERS = [name for name in SMALL if Task.BINARY in Algorithm(name).tasks]


def candidate(store: FolderStore) -> Engine:
    data = store.read(RUN + "candidate.zip")
    return engine_of(data, hashlib.sha256(data).hexdigest())


def small(task: str, algorithm: str, **given: Any) -> ModelSpec:
    return a_spec(task, algorithm, parameters=SMALL[algorithm], **given)


@pytest.mark.parametrize(("algorithm", "task"), COMBINATIONS)
def test_every_algorithm_learns_every_task_and_is_exported_exactly(
    tmp_path: Path, algorithm: str, task: str
) -> None:
    store, found = trained(tmp_path, small(task, algorithm), table(600, task))
    engine = candidate(store)
    held_out = pq.read_table(io.BytesIO(store.read(RUN + "holdout.parquet")))
    assert found["rows"] == {"train": 420, "validation": 60, "holdout": 120}
    assert held_out.num_rows == 120
    golden = json.loads(engine.artifact.entries["golden.json"])
    predictions = engine.predict(golden["rows"])
    assert [one.value for one in predictions] == [one["value"] for one in golden["expected"]]
    truth = held_out["y"].to_pylist()
    rows = held_out.drop_columns(["y"]).to_pylist()
    for row in rows:
        row["when"] = row["when"].isoformat()
    answers = [one.value for one in engine.predict(rows)]
    if task == "regression":
        assert np.corrcoef(np.array(answers, dtype=float), truth)[0, 1] > 0.8
    else:
        assert np.mean(np.array(answers) == np.array(truth)) > 0.6
    assert abs(sum(found["importances"].values()) - 1) < 1e-9
    assert max(found["importances"], key=found["importances"].__getitem__) in (
        "number",
        "kind",
        "count",
    )


@pytest.mark.parametrize(("algorithm", "task"), COMBINATIONS)
def test_a_model_split_by_time_also_learns_from_the_validation_part(
    tmp_path: Path, algorithm: str, task: str
) -> None:
    data = table(300, task)
    spec = small(task, algorithm, split={"method": "time"}, time_column="when")
    said: list[str] = []
    store, _ = trained(tmp_path, spec, data, progress=lambda message, **_: said.append(message))
    assert "fitted again with the validation part" in said
    held_out = pq.read_table(io.BytesIO(store.read(RUN + "holdout.parquet")))
    assert min(held_out["when"].to_pylist()) >= sorted(data["when"].to_pylist())[-60]


def test_training_json_is_written_last_and_the_receipt_first(tmp_path: Path) -> None:
    store, found = trained(tmp_path, small("binary", "xgboost"), table(300, "binary"))
    assert store.written[1:] == [
        "receipt.json",
        "holdout.parquet",
        "candidate.zip",
        "training.json",
    ]
    data = store.read(RUN + "candidate.zip")
    assert found["artifact_digest"] == hashlib.sha256(data).hexdigest()
    assert found["artifact_size"] == len(data)
    assert json.loads(store.read(RUN + "training.json")) == json.loads(json.dumps(found))
    assert found["learning_curve"][0].keys() == {"round", "train", "validation"}
    assert found["target"]["counts"].keys() == {"no", "yes"}


def test_what_evaluation_reads_of_a_training_is_there(tmp_path: Path) -> None:
    from perennial.evaluation.inputs import read_job, read_training

    for task in TASKS:
        folder = tmp_path / task
        folder.mkdir()
        store, _ = trained(folder, small(task, "xgboost"), table(300, task))
        assert read_job(RUN, store).run_id == "r1"
        target = read_training(RUN, store).target
        assert (target.counts is None) is (task == "regression")


def test_golden_rows_show_missing_values_and_every_category(tmp_path: Path) -> None:
    store, _ = trained(tmp_path, small("binary", "xgboost"), table(600, "binary"))
    rows = json.loads(candidate(store).artifact.entries["golden.json"])["rows"]
    assert len(rows) <= 20
    assert {row["kind"] for row in rows} == {"ä", "b", "日本", "d", None}
    assert {row["flag"] for row in rows} == {True, False, None}
    assert None in {row["number"] for row in rows}


def test_the_threshold_is_one_of_the_artifact(tmp_path: Path) -> None:
    store, _ = trained(tmp_path, small("binary", "xgboost"), table(600, "binary"))
    engine = candidate(store)
    assert engine.artifact.classes == ("no", "yes")
    threshold = engine.artifact.threshold
    assert threshold is not None
    golden = json.loads(engine.artifact.entries["golden.json"])
    for one in engine.predict(golden["rows"]):
        assert one.probabilities is not None
        assert (one.value == "yes") is (one.probabilities["yes"] >= threshold)


def plain(rows: int, **columns: Any) -> pa.Table:
    random = np.random.default_rng(1)
    data = {"x": random.normal(size=rows), **columns}
    data.setdefault("y", np.where(data["x"] > 0, "yes", "no").tolist())
    return pa.table(data)


def only(features: dict[str, Any], task: str, algorithm: str) -> ModelSpec:
    return small(task, algorithm, features=features)


NUMBER = {"type": "number"}


@pytest.mark.parametrize("algorithm", CLASSIFIERS)
class TestUnusualData:
    """Data at the edges of what validation accepts."""

    def test_a_constant_feature_alone_gives_trees_of_one_leaf(
        self, tmp_path: Path, algorithm: str
    ) -> None:
        data = plain(100, x=np.full(100, 3.0), y=["yes", "no"] * 50)
        store, _ = trained(tmp_path, only({"x": NUMBER}, "binary", algorithm), data)
        (one,) = candidate(store).predict([{"x": 3.0}])
        assert one.probabilities is not None
        assert one.probabilities["yes"] == pytest.approx(0.5, abs=0.05)

    def test_features_that_are_missing_everywhere(self, tmp_path: Path, algorithm: str) -> None:
        nothing = pa.nulls(100, pa.float64())
        data = plain(100, empty=nothing, blank=pa.nulls(100, pa.string()))
        features = {
            "x": NUMBER,
            "empty": NUMBER | {"nullable": True},
            "blank": {"type": "category", "nullable": True, "categories": ["a", "b"]},
        }
        store, _ = trained(tmp_path, only(features, "binary", algorithm), data)
        rows: list[dict[str, object]]
        rows = [{"x": 1.0, "empty": None, "blank": None}, {"x": 1.0, "empty": 5, "blank": "b"}]
        assert len(candidate(store).predict(rows)) == 2

    def test_extreme_and_subnormal_numbers(self, tmp_path: Path, algorithm: str) -> None:
        edge = [0.0, -0.0, 1e-45, -1e-45, 1e-40, 3.4e38, -3.4e38, 1e300, -1e300, 16777217.0]
        x = np.resize(np.array(edge), 300)
        data = plain(300, x=x, y=np.where(x > 0, "yes", "no").tolist())
        store, _ = trained(tmp_path, only({"x": NUMBER}, "binary", algorithm), data)
        assert len(candidate(store).predict([{"x": value} for value in edge])) == len(edge)

    def test_more_than_a_thousand_categories(self, tmp_path: Path, algorithm: str) -> None:
        names = [f"k{number:04}" for number in range(1200)]
        k = np.resize(np.arange(1200), 3600)
        y = np.where(k % 7 < 3, "yes", "no").tolist()
        data = plain(3600, k=[names[code] for code in k], y=y)
        features = {"x": NUMBER, "k": {"type": "category"}}
        store, _ = trained(tmp_path, only(features, "binary", algorithm), data)
        assert len(candidate(store).predict([{"x": 0, "k": name} for name in names])) == 1200

    def test_a_category_that_only_the_spec_knows(self, tmp_path: Path, algorithm: str) -> None:
        names = [f"k{number}" for number in range(100)]
        codes = np.resize(np.arange(0, 80, 2), 400)
        data = plain(
            400,
            k=[names[code] for code in codes],
            y=np.where(codes % 8 == 0, "yes", "no").tolist(),
        )
        features = {"x": NUMBER, "k": {"type": "category", "categories": names}}
        store, _ = trained(tmp_path, only(features, "binary", algorithm), data)
        assert len(candidate(store).predict([{"x": 0, "k": name} for name in names])) == 100

    def test_many_classes(self, tmp_path: Path, algorithm: str) -> None:
        labels = np.resize([f"c{number:03}" for number in range(120)], 2400)
        data = plain(2400, x=np.resize(np.arange(120.0), 2400), y=labels.tolist())
        settings: dict[str, dict[str, Any]] = {
            "xgboost": {"num_boost_round": 2},
            "gradient_boosting": {"n_estimators": 2},
            "hist_gradient_boosting": {"max_iter": 2},
        }
        spec = a_spec(
            "multiclass",
            algorithm,
            features={"x": NUMBER},
            parameters=settings.get(algorithm, SMALL[algorithm]),
        )
        store, _ = trained(tmp_path, spec, data)
        (one,) = candidate(store).predict([{"x": 5}])
        assert one.probabilities is not None
        assert len(one.probabilities) == 120
        assert sum(one.probabilities.values()) == pytest.approx(1, abs=1e-5)

    def test_twenty_rows(self, tmp_path: Path, algorithm: str) -> None:
        data = plain(20, x=np.arange(20.0), y=["no"] * 10 + ["yes"] * 10)
        _, found = trained(tmp_path, only({"x": NUMBER}, "binary", algorithm), data)
        assert found["rows"] == {"train": 14, "validation": 2, "holdout": 4}


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (["yes"] * 40, "one class only"),
        (["yes", "no", "maybe", "no"] * 10, "two classes; the target has 3"),
        (["a", "b"] * 20, "positive_class is no label"),
        (["yes", None] * 20, "missing values"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(
    tmp_path: Path, target: list[str | None], sentence: str
) -> None:
    with pytest.raises(TrainingFailed, match=sentence):
        trained(tmp_path, only({"x": NUMBER}, "binary", "xgboost"), plain(40, y=target))


def test_a_class_that_training_never_sees_is_refused(tmp_path: Path) -> None:
    data = plain(100, y=["a"] * 40 + ["b"] * 50 + ["c"] * 10)
    spec = small("multiclass", "xgboost", features={"x": NUMBER}, split={"method": "time"})
    with pytest.raises(TrainingFailed, match="1 of 3 classes have no row in the training part"):
        trained(tmp_path, spec, data)


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    data = plain(40, y=[1.0, float("inf")] * 20)
    with pytest.raises(TrainingFailed, match="not finite"):
        trained(tmp_path, only({"x": NUMBER}, "regression", "xgboost"), data)


def test_a_dataset_with_other_bytes_is_refused(tmp_path: Path) -> None:
    from perennial.training.run import train

    from tests.unit.training.samples import DATASET, put_job

    store = FolderStore(tmp_path / "store")
    job = put_job(store, small("binary", "xgboost"), table(100, "binary"))
    pq.write_table(table(100, "binary", seed=1), store.path(DATASET))
    with pytest.raises(TrainingFailed, match="does not have the digest"):
        train(job, RUN, store, tmp_path, threads=1)
    removal = Removal("r", "2026-01-02T03:04:05Z", 3, "s", "f")
    tombstone = Tombstone("m", job.dataset.digest, (removal,)).to_json()
    store.write(DATASET.replace("data.parquet", TOMBSTONE), tombstone, "application/json")
    with pytest.raises(TrainingFailed, match="3 rows were removed from this dataset on request"):
        train(job, RUN, store, tmp_path, threads=1)
    store.path(DATASET).unlink()
    with pytest.raises(TrainingFailed, match="is gone"):
        train(job, RUN, store, tmp_path, threads=1)


@pytest.mark.parametrize(
    ("algorithm", "name", "sentence"),
    [
        ("xgboost", "max_dept", "did you mean 'max_depth'"),
        ("xgboost", "n_estimators", "did you mean 'num_boost_round'"),
        ("xgboost", "seed", "decided by split.seed"),
        ("linear", "c", "did you mean 'C'"),
        ("random_forest", "n_estimator", "did you mean 'n_estimators'"),
        ("random_forest", "n_jobs", "decided by the size of the job"),
        ("hist_gradient_boosting", "eta", "did you mean 'learning_rate'"),
        ("hist_gradient_boosting", "zzzzzzz", "has no parameter 'zzzzzzz'$"),
    ],
)
def test_an_unknown_parameter_is_told_with_the_nearest_right_one(
    tmp_path: Path, algorithm: str, name: str, sentence: str
) -> None:
    spec = a_spec("binary", algorithm, parameters={name: 1})
    with pytest.raises(TrainingFailed, match=sentence):
        trained(tmp_path, spec, table(100, "binary"))


@pytest.mark.parametrize(
    ("algorithm", "parameters"),
    [
        ("xgboost", {"max_depth": -3}),
        ("xgboost", {"objective": "reg:squarederror"}),
        ("xgboost", {"num_boost_round": 1.5}),
        ("xgboost", {"eta": "fast"}),
        ("linear", {"C": -1.0}),
        ("random_forest", {"n_estimators": 0}),
        ("hist_gradient_boosting", {"learning_rate": "fast"}),
        ("hist_gradient_boosting", {"max_bins": "many"}),
    ],
)
def test_a_value_the_library_refuses_fails_the_training_in_one_sentence(
    tmp_path: Path, algorithm: str, parameters: dict[str, Any]
) -> None:
    spec = a_spec("binary", algorithm, parameters=parameters)
    with pytest.raises(TrainingFailed) as caught:
        trained(tmp_path, spec, table(100, "binary"))
    assert str(caught.value).startswith(algorithm)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("objective", ["count:poisson", "reg:gamma", "reg:tweedie"])
def test_objectives_with_a_link_of_their_own_are_exported_too(
    tmp_path: Path, objective: str
) -> None:
    data = plain(200, y=np.random.default_rng(0).poisson(5, 200).astype(float) + 1)
    spec = a_spec(
        "regression",
        features={"x": NUMBER},
        parameters={"objective": objective, "num_boost_round": 5},
    )
    store, _ = trained(tmp_path, spec, data)
    assert candidate(store).predict([{"x": 0.0}])[0].value == pytest.approx(6, abs=2)


@pytest.mark.parametrize("loss", ["poisson", "gamma", "absolute_error"])
def test_losses_with_a_link_of_their_own_are_exported_too(tmp_path: Path, loss: str) -> None:
    data = plain(200, y=np.random.default_rng(0).poisson(5, 200).astype(float) + 1)
    spec = a_spec(
        "regression",
        "hist_gradient_boosting",
        features={"x": NUMBER},
        parameters={"loss": loss, "max_iter": 5},
    )
    store, _ = trained(tmp_path, spec, data)
    assert candidate(store).predict([{"x": 0.0}])[0].value == pytest.approx(6, abs=2)
