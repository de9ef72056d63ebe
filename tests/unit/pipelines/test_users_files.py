"""What users' files may do wrong: each is told in words, at training, with the line of the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from perennial.errors import ArtifactError, InvalidRows, NeedsPipelineRuntime, TrainingFailed
from perennial.pipelines import engine as engines
from perennial.pipelines.answering import Scorer
from perennial.pipelines.asking import REFUSED
from perennial.serving.artifact import digest_of
from perennial.serving.engine import engine_of

from tests.unit.pipelines.samples import IMPORTS, Fit, any_codes, fit, returning, usual

OWN = f"""{IMPORTS}

class Ratio(TransformerMixin, BaseEstimator):
    def fit(self, rows, labels=None):
        return self

    def transform(self, rows):
        BODY
        return rows[["number"]].fillna(0) / (1 + rows[["count"]].to_numpy())


def pipeline(**parameters):
    return make_pipeline(Ratio(), FINAL)
"""


def own(body: str = "pass", final: str = "LogisticRegression()") -> str:
    """A file with a transformer of its own."""
    return OWN.replace("BODY", body).replace("FINAL", final)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nowhere\n\ndef pipeline():\n    pass\n", "m.py, line 1, when it was imported"),
        ("1 / 0\n\ndef pipeline():\n    pass\n", "m.py, line 1, when it was imported: ZeroDiv"),
        ("import sys\nsys.exit(3)\n\ndef pipeline():\n    pass\n", "SystemExit"),
        ("pipeline = 3\n", "has no function 'pipeline'"),
        ("def pipeline():\n    return 1 / 0\n", "m.py, line 2, in pipeline()"),
        ("def pipeline():\n    return 7\n", "it returned a int"),
        (returning("LogisticRegression"), "it returned the class LogisticRegression"),
        (usual("LinearSVC()"), "LinearSVC gives no probabilities"),
        (usual("Ridge()"), "Ridge gives no probabilities"),
        (own("raise KeyError('secret value')"), "m.py, line 24, when it was fitted: KeyError: …"),
        (
            own("rows = rows[['number', 'count']] + np.random.random()"),
            "answers differently when it is asked the same again",
        ),
        (
            own("rows = rows.select_dtypes('number').pipe(lambda x: x - x.mean())"),
            "answers differently for a row alone",
        ),
        (
            returning("make_pipeline(FunctionTransformer(lambda x: x[['count']]), "
                      "LogisticRegression())"),
            "cannot be pickled",
        ),
        (
            returning("make_pipeline(FunctionTransformer(lambda x: x[['count']]), "
                      "LogisticRegression())"),
            "has to move to the top level of m.py",
        ),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_trained_from_is_refused(
    tmp_path: Path, source: str, said: str
) -> None:
    with pytest.raises(TrainingFailed) as refused:
        fit(tmp_path, source)
    assert said in str(refused.value)
    assert "secret value" not in str(refused.value)


def test_a_parameter_the_file_does_not_know_is_refused(tmp_path: Path) -> None:
    source = "def pipeline(depth=3):\n    return depth\n"
    with pytest.raises(TrainingFailed, match=r"in pipeline\(\): TypeError: .*'deep'"):
        fit(tmp_path, source, parameters={"deep": 1})


def test_parameters_reach_the_file(tmp_path: Path) -> None:
    source = usual("RandomForestClassifier(parameters['trees'])")
    assert len(fit(tmp_path, source, parameters={"trees": 3}).form.engine["offsets"]) == 3


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Fit:
    """A pipeline that is kept as it is; it refuses a count above 90."""
    body = "if (rows['count'] > 90).any(): raise ValueError('too many')"
    return fit(tmp_path_factory.mktemp("kept"), own(body))


def test_a_pipeline_with_a_step_of_its_own_is_kept_and_answers_alike(kept: Fit) -> None:
    assert kept.kind == "pipeline"
    assert kept.form.engine["reason"] == "it has a Ratio"
    codes = any_codes(kept.data, 50)
    codes[:, 1] = np.arange(50)
    assert np.array_equal(kept.scores(codes), kept.fitted.predict(codes))
    alone = np.vstack([kept.scores(codes[row : row + 1]) for row in range(50)])
    assert np.allclose(alone, kept.scores(codes), rtol=1e-12)


def test_the_light_function_does_not_load_it(kept: Fit) -> None:
    with pytest.raises(NeedsPipelineRuntime):
        engine_of(kept.artifact, digest_of(kept.artifact))


def test_a_row_the_pipeline_refuses_is_told_by_its_number(kept: Fit) -> None:
    row = {"number": 1.0, "count": 3, "kind": "b", "flag": True, "when": "2020-01-01T00:00:00Z"}
    with pytest.raises(InvalidRows) as refused:
        kept.engine.predict([row, {**row, "count": 91}, row])
    assert [problem.row for problem in refused.value.problems] == [1]
    assert refused.value.problems[0].reason == REFUSED
    assert len(kept.engine.predict([row])) == 1


def test_bytes_of_another_digest_are_not_unpickled(
    kept: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[bytes] = []
    monkeypatch.setattr("perennial.pipelines.engine.pickle.loads", loaded.append)
    with pytest.raises(ArtifactError, match="do not have the digest"):
        engines.pipeline_engine_of(kept.artifact, "0" * 64)
    assert loaded == []


def test_a_pipeline_of_another_scikit_learn_is_refused(
    kept: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = kept.artifact
    monkeypatch.setattr("perennial.pipelines.engine.metadata.version", lambda name: "0.1")
    with pytest.raises(ArtifactError, match=r"made by scikit-learn .* and 0\.1 is installed"):
        engines.pipeline_engine_of(artifact, digest_of(artifact))


def test_evaluation_gets_the_scores_of_a_pipeline_from_elsewhere(kept: Fit) -> None:
    from perennial.evaluation.elsewhere import scorer_elsewhere

    scorer = Scorer(lambda uri: {"s3://b/a.zip": kept.artifact}[uri])
    digest = digest_of(kept.artifact)
    remote = scorer_elsewhere(kept.artifact, digest, "s3://b/a.zip", scorer)
    codes = np.ascontiguousarray(kept.data.matrix(2))
    found = remote.engine.scores(codes.ctypes.data, len(codes))
    assert np.array_equal(np.asarray(found).reshape(len(codes), -1), kept.scores(codes))
    codes[:, 1] = 91
    with pytest.raises(ValueError, match="its pipeline cannot answer for"):
        remote.engine.scores(codes.ctypes.data, len(codes))


@pytest.mark.parametrize("final", ["KNeighborsClassifier()", "SVC(probability=True)"])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_probabilities_of_a_kept_pipeline_are_in_the_order_of_our_classes(
    tmp_path: Path, final: str, task: str
) -> None:
    found = fit(tmp_path, usual(final), task)
    codes, labels = found.data.matrix(0), found.data.labels(0)
    assert (found.scores(codes).argmax(axis=1) == labels).mean() > 0.6


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for source in (own(), usual("RandomForestClassifier(4)")):
        assert fit(tmp_path, source).artifact == fit(tmp_path, source).artifact
