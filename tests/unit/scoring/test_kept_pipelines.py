"""Files of a pipeline that another function runs: the same answers, however slow or picky it is."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from perennial.errors import ArtifactError
from perennial.pipelines.answering import Scorer
from perennial.pipelines.asking import MOST_BYTES, REFUSED, Elsewhere
from perennial.scoring.collect import read_chunks
from perennial.serving.artifact import Artifact
from perennial.serving.engine import PIPELINE

from tests.unit.pipelines.samples import IMPORTS, Fit, fit
from tests.unit.scoring.bank import Bank, parquet_of
from tests.unit.training.samples import table

# Refuses rows whose count is 91, as scikit-learn refuses: with all that come along. Training data
# has counts below 50.
SOURCE = f"""{IMPORTS}

class Picky(TransformerMixin, BaseEstimator):
    def fit(self, rows, labels=None):
        return self

    def transform(self, rows):
        if (rows["count"] == 91).any():
            raise ValueError("91")
        return rows[NUMBERS].fillna(0)


def pipeline():
    return make_pipeline(Picky(), KNeighborsClassifier())
"""
ROWS = 700


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Fit:
    found = fit(tmp_path_factory.mktemp("kept"), SOURCE)
    assert found.kind == PIPELINE
    return found


def scorer_of(kept: Fit, *, slow: bool = False) -> Scorer:
    """The other function; a slow one has time for one stretch of rows in each answer."""
    ticks = count(0, 60)
    clock = (lambda: float(next(ticks))) if slow else (lambda: 0.0)
    return Scorer(lambda uri: {"s3://artifacts/a.zip": kept.artifact}[uri], clock)


@pytest.fixture(params=[False, True], ids=["fast", "slow"])
def served(request: pytest.FixtureRequest, tmp_path: Path, kept: Fit) -> Bank:
    bank = Bank(tmp_path, ask=scorer_of(kept, slow=request.param))
    bank.serve(kept.artifact)
    return bank


def people(refused: set[int]) -> pa.Table:
    """Rows to score; some of them the pipeline refuses."""
    rows = table(ROWS, "binary", seed=3).drop_columns("y")
    counts = [91 if n in refused else one for n, one in enumerate(rows["count"].to_pylist())]
    return rows.set_column(1, "count", pa.array(counts))


@pytest.mark.parametrize("refused", [set(), {0}, {3, 4, 5, 699}, {*range(0, ROWS, 7)}])
def test_rows_that_the_pipeline_refuses_are_rejected_and_the_rest_is_scored(
    served: Bank, kept: Fit, refused: set[int]
) -> None:
    file = people(refused).to_pylist()
    outcome = served.run(parquet_of(file), "clients.parquet")
    assert outcome.counts.rejected == len(refused)
    assert outcome.counts.scored == ROWS - len(refused)
    fine = [number for number in range(ROWS) if number not in refused]
    found = served.output("predictions.parquet", "clients.parquet")
    assert [row["row"] - 1 for row in found] == fine
    expected = kept.engine.predict([as_sent(file[number]) for number in fine])
    assert [row["prediction"] for row in found] == [one.value for one in expected]
    probabilities = [one.probabilities for one in expected]
    assert [{n: row[f"probability_{n}"] for n in ("no", "yes")} for row in found] == probabilities
    if refused:
        left = served.output("rejected.parquet", "clients.parquet")
        assert {row["row"] - 1 for row in left} == refused
        assert {row["reasons"] for row in left} == {REFUSED}


def as_sent(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"when": row["when"].isoformat()}


def test_chunks_of_a_pipeline_are_small(served: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perennial.scoring.plan.KEPT_ROWS", 90)
    planned = served.plan(served.upload(parquet_of(people(set()).to_pylist()), "a.parquet"))
    assert max(chunk.rows for chunk in read_chunks(planned.prefix, served.files)) <= 100


def test_without_the_function_a_file_is_refused_with_the_reason(served: Bank) -> None:
    served.ask = None
    planned = served.plan(served.upload(parquet_of(people(set()).to_pylist()), "a.parquet"))
    assert "pipeline of your own" in planned.refused
    with pytest.raises(ArtifactError, match="no function that runs pipelines"):
        served.model  # noqa: B018


def test_a_pipeline_that_cannot_be_loaded_there_fails_the_chunk_with_its_words(
    served: Bank, kept: Fit
) -> None:
    served.ask = lambda event: {"refused": "train it anew"}
    codes = np.ascontiguousarray(kept.data.matrix(2))
    with pytest.raises(ArtifactError, match="train it anew"):
        served.model.scores(codes)


@pytest.mark.parametrize(("columns", "classes"), [(1, 2), (2_000, 2), (3, 900)])
def test_neither_a_question_nor_an_answer_is_larger_than_lambda_carries(
    columns: int, classes: int
) -> None:
    asked: list[int] = []

    def ask(event: Mapping[str, Any]) -> dict[str, object]:
        rows = event["scores"]["rows"]
        asked.append(rows)
        assert len(b64decode(event["scores"]["codes"])) == 4 * columns * rows <= MOST_BYTES
        answer = np.ones((rows, classes)).tobytes()
        assert len(answer) <= MOST_BYTES
        return {"scores": b64encode(answer).decode(), "unanswered": 0}

    codes = np.zeros((9_000, columns), dtype=np.float32)
    artifact = Artifact("d", {"classes": ["c"] * classes}, range(columns), {})  # type: ignore[arg-type]
    found = Elsewhere(artifact, "s3://a/b", ask).scores(codes.ctypes.data, len(codes))
    assert len(found) == len(codes) * classes
    assert sum(asked) == len(codes)
