"""What a spec makes of its features is learned in training, and served by the artifact alone."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from perennial.evaluation.scoring import load_scorer
from perennial.features import columnar
from perennial.scoring.model import load_model
from perennial.serving.problems import Problem
from perennial.spec import Task
from perennial.training.recipe import engineered
from perennial.training.split import TRAIN

from tests.unit.training.engineering_samples import (
    SMALL,
    as_sent,
    candidate,
    data_of,
    engineered_spec,
    rows_with_text,
)
from tests.unit.training.samples import FEATURES, RUN, a_spec, table, trained


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
    codes = checked.codes(slice(None))
    assert codes.tobytes() == engine.encoder.encode(rows).tobytes()
    assert codes[3:5].tobytes() == checked.codes(np.array([3, 4])).tobytes()
    assert model.scores(codes).tolist() == served
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
    names = [one["feature"] for one in told["contributions"]]  # type: ignore[attr-defined]
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


def test_an_artifact_with_steps_has_a_format_that_earlier_code_refuses(tmp_path: Path) -> None:
    """Earlier releases take format 1 alone."""
    store, _ = trained(tmp_path, engineered_spec(algorithm="linear"), rows_with_text(300, "binary"))
    assert candidate(store)[0].artifact.manifest["format"] == 2


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


def test_many_columns_are_made_for_some_rows_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand hashed words of every row at once would not fit into a function's memory."""
    spec, rows = engineered_spec(algorithm="linear"), rows_with_text(900, "binary")
    store, found = trained(tmp_path, spec, rows)
    _, data, digest = candidate(store)
    batch = rows.combine_chunks().to_batches()[0]
    whole, _ = load_scorer(data, digest).scores(batch)
    monkeypatch.setattr(columnar, "_MOST_NUMBERS", 1)
    assert columnar.most_rows(load_model(data, digest)._encoder) == 256
    parts, answered = load_scorer(data, digest).scores(batch)
    assert np.array_equal(whole, parts)
    assert answered.all()
    (tmp_path / "again").mkdir()
    _, again = trained(tmp_path / "again", spec, rows)
    assert again["artifact_digest"] == found["artifact_digest"]
