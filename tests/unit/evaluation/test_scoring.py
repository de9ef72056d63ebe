"""Scoring in bulk answers and refuses the very rows the endpoint answers and refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from perennial.errors import ArtifactError, InvalidRows
from perennial.evaluation.scoring import EngineScorer, load_scorer
from perennial.serving.artifact import digest_of, write_artifact

ANY = {"nullable": False, "minimum": None, "maximum": None, "categories": None, "unseen": "reject"}
FEATURES: list[dict[str, Any]] = [
    ANY | {"name": "number", "type": "number", "minimum": -1.0, "maximum": 1.0, "nullable": True},
    ANY | {"name": "integer", "type": "integer", "maximum": 9},
    ANY | {"name": "strict", "type": "category", "categories": ["a", "b"], "nullable": True},
    ANY | {"name": "lax", "type": "category", "categories": ["a", "b"], "unseen": "missing"},
    ANY | {"name": "flag", "type": "boolean"},
    ANY | {"name": "moment", "type": "timestamp", "nullable": True},
]
ROWS: list[dict[str, Any]] = [
    {"number": 0.5, "integer": 3, "strict": "a", "lax": "b", "flag": True, "moment": None},
    {"number": None, "integer": 3, "strict": None, "lax": "new", "flag": False, "moment": 5},
    {"number": 1.0, "integer": 9, "strict": "b", "lax": "a", "flag": True, "moment": 5},
    {"number": 1.1, "integer": 3, "strict": "a", "lax": "b", "flag": True, "moment": None},
    {"number": -1.1, "integer": 3, "strict": "a", "lax": "b", "flag": True, "moment": None},
    {"number": 0.5, "integer": 10, "strict": "a", "lax": "b", "flag": True, "moment": None},
    {"number": 0.5, "integer": None, "strict": "a", "lax": "b", "flag": True, "moment": None},
    {"number": 0.5, "integer": 3, "strict": "new", "lax": "b", "flag": True, "moment": None},
    {"number": 0.5, "integer": 3, "strict": "a", "lax": None, "flag": True, "moment": None},
    {"number": 0.5, "integer": 3, "strict": "a", "lax": "b", "flag": None, "moment": None},
]
SCHEMA = pa.schema(
    {
        "number": pa.float64(),
        "integer": pa.int64(),
        "strict": pa.string(),
        "lax": pa.string(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
    }
)


def artifact(**given: Any) -> bytes:
    """A linear model over every type of feature."""
    numeric = [{"feature": n, "weights": [0.1 * (n + 1)], "missing": [0.7]} for n in (0, 1, 4)]
    numeric.append({"feature": 5, "weights": [1e-10], "missing": [0.3]})
    tables = [{"feature": n, "weights": [[0.2], [-0.4]], "missing": [0.9]} for n in (2, 3)]
    engine = {
        "kind": "linear",
        "link": "logistic",
        "intercepts": [0.05],
        "numeric": numeric,
        "categories": tables,
    }
    manifest = {
        "format": 1,
        "model": "m",
        "task": "binary",
        "algorithm": "linear",
        "classes": ["no", "yes"],
        "positive": "yes",
        "threshold": 0.5,
        "features": FEATURES,
        "engine": engine,
        "training": {},
    }
    return write_artifact(manifest | given, {})


@pytest.fixture
def scorer() -> EngineScorer:
    data = artifact()
    return load_scorer(data, digest_of(data))


def a_batch(rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def as_asked(row: dict[str, Any]) -> dict[str, Any]:
    """A row as a caller would send it: timestamps in ISO 8601."""
    moment = row["moment"]
    text = None if moment is None else datetime.fromtimestamp(moment / 1e6, UTC).isoformat()
    return row | {"moment": text}


def test_bulk_scores_are_the_endpoints_and_so_are_refusals(scorer: EngineScorer) -> None:
    scores, answered = scorer.scores(a_batch(ROWS))
    assert scorer.labels == ("no", "yes")
    for number, row in enumerate(ROWS):
        try:
            prediction = scorer.engine.predict([as_asked(row)])[0]
        except InvalidRows:
            assert not answered[number], row
            assert np.isnan(scores[number]).all()
        else:
            assert answered[number], row
            assert prediction.probabilities == dict(
                zip(("no", "yes"), scores[number].tolist(), strict=True)
            )
    assert answered.sum() == 3


def test_a_model_that_answers_row_by_row_is_asked_in_bulk(
    scorer: EngineScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorer.engine, "scores", None)  # as slow as the standard library
    scores, answered = scorer.scores(a_batch(ROWS))
    assert np.isfinite(scores[answered]).all()


def test_a_batch_whose_rows_are_all_refused_has_no_scores(scorer: EngineScorer) -> None:
    scores, answered = scorer.scores(a_batch(ROWS[3:]))
    assert not answered.any()
    assert np.isnan(scores).all()


def test_an_empty_batch_is_scored(scorer: EngineScorer) -> None:
    scores, answered = scorer.scores(a_batch([]))
    assert (scores.shape, answered.shape) == ((0, 2), (0,))


def test_data_without_a_column_the_model_needs_is_told(scorer: EngineScorer) -> None:
    with pytest.raises(ValueError, match="the data has no column number"):
        scorer.scores(a_batch(ROWS).drop_columns(["number"]))


def test_data_whose_column_has_changed_its_type_is_told(scorer: EngineScorer) -> None:
    changed = SCHEMA.set(0, pa.field("number", pa.string()))
    with pytest.raises(ValueError, match="the type of a column has changed"):
        scorer.scores(a_batch([row | {"number": "text"} for row in ROWS], changed))


def test_a_number_that_has_become_a_category_of_digits_is_told(scorer: EngineScorer) -> None:
    """Its labels can be read as numbers, but have no limits to lie within."""
    changed = SCHEMA.set(0, pa.field("number", pa.string()))
    with pytest.raises(ValueError, match="the type of a column has changed"):
        scorer.scores(a_batch([row | {"number": "1"} for row in ROWS], changed))


def test_other_bytes_than_those_of_the_digest_are_refused() -> None:
    with pytest.raises(ArtifactError):
        load_scorer(artifact(), "0" * 64)
