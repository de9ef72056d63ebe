"""MLflow's scoring bodies are answered as the same rows are in the platform's own protocol."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xgboost
from perennial.serving.problems import CATALOGUE
from perennial.serving.protocols.mlflow_scoring import ERROR_CODES

from tests.unit.protocols.conftest import REQUEST_ID, Spoken
from tests.unit.protocols.models import classifier, matrix
from tests.unit.protocols.test_open_inference import ROWS

COLUMNS = list(ROWS[0])
DATA = [list(row.values()) for row in ROWS]


@pytest.fixture
def expected(spoken: Spoken) -> list[Any]:
    return [one["prediction"] for one in spoken.native(ROWS)]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": COLUMNS, "data": DATA}},
        {"dataframe_split": {"index": [7, 8, 9], "columns": COLUMNS, "data": DATA}},
        {"dataframe_split": {"data": DATA}},
        {
            "dataframe_split": {
                "columns": COLUMNS[::-1],
                "data": [list(reversed(row)) for row in DATA],
            }
        },
        {"dataframe_records": ROWS},
        {"instances": ROWS},
        {"inputs": ROWS},
        {"inputs": {name: [row[name] for row in ROWS] for name in COLUMNS}},
        {"inputs": {name: [[row[name]] for row in ROWS] for name in COLUMNS}},
        {"inputs": DATA},
        {"instances": DATA},
        {"inputs": ROWS, "params": None},
        {"inputs": ROWS, "params": {}},
    ],
)
def test_every_format_is_answered_as_the_rows_are(
    spoken: Spoken, expected: list[Any], body: Any
) -> None:
    assert spoken.score(body) == expected


def test_plain_values_by_name_are_one_row(spoken: Spoken, expected: list[Any]) -> None:
    assert spoken.score({"inputs": ROWS[0]}) == expected[:1]


def test_an_answer_names_what_gave_it(spoken: Spoken) -> None:
    _, _, document = spoken.ask("rest-invocations")
    assert (document["model"], document["version"]) == ("bank", 3)
    assert len(document["artifact_digest"]) == 64
    assert document["request_id"] == REQUEST_ID
    assert len(document["predictions"]) == 1


def test_probabilities_come_where_they_are_asked_for(spoken: Spoken) -> None:
    found = spoken.score({"inputs": ROWS, "params": {"probabilities": True}})
    assert found == [one["probabilities"] for one in spoken.native(ROWS)]
    plain = spoken.score({"inputs": ROWS, "params": {"probabilities": False}})
    assert plain == spoken.score({"inputs": ROWS})


def test_a_matrix_is_answered_as_the_booster_does(spoken: Spoken) -> None:
    codes = matrix(9)
    whole = [[row[0], row[1], bool(row[2])] for row in codes.tolist()]
    body = {"inputs": whole, "params": {"probabilities": True}}
    found = [list(one.values()) for one in spoken.score(body, "parcels")]
    expected = classifier()[1].predict(xgboost.DMatrix(codes))
    np.testing.assert_array_equal(np.array(found, "f4"), expected)


def test_a_regression_predicts_numbers(spoken: Spoken) -> None:
    (found,) = spoken.score({"inputs": {"parts": 3}}, "weights")
    assert found == spoken.native([{"parts": 3}], "weights")[0]["prediction"]


def test_what_pandas_makes_of_missing_values_is_undone(spoken: Spoken) -> None:
    """As `mlflow.pyfunc.scoring_server` clients write it: NaN and NaT, which JSON has not."""
    text = json.dumps({"dataframe_split": {"columns": COLUMNS, "data": DATA}})
    row = json.dumps(DATA[1])
    written = row.replace("null, null, null", 'NaN, NaN, "NaT"').replace("20,", "20.0,")
    assert written != row
    assert spoken.score(text.replace(row, written)) == spoken.score(text)
    records = json.dumps({"dataframe_records": ROWS})
    times = records.replace('"seen": null', '"seen": "NaT"')
    assert times != records
    assert spoken.score(times) == spoken.score(records)


def test_a_category_that_became_a_float_is_its_whole_number(spoken: Spoken) -> None:
    problem = spoken.score_problem({"inputs": [ROWS[0] | {"job": 1.5}]})
    assert problem["errors"] == [{"row": 0, "field": "job", "reason": "must be text"}]
    problem = spoken.score_problem({"inputs": [ROWS[0] | {"job": 1.0}]})
    assert "one of the categories" in problem["errors"][0]["reason"]  # as the label 1 would


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        41,
        {},
        {"params": {}},
        {"dataframe": ROWS},
        {"inputs": ROWS, "instances": ROWS},
        {"inputs": ROWS, "signature_name": "serving_default"},
        {"columns": COLUMNS, "data": DATA},
        {"dataframe_records": {"age": [41]}},
        {"dataframe_records": DATA},
        {"dataframe_records": []},
        {"dataframe_split": ROWS},
        {"dataframe_split": {"columns": COLUMNS}},
        {"dataframe_split": {"columns": COLUMNS, "data": ROWS}},
        {"dataframe_split": {"columns": COLUMNS, "data": []}},
        {"dataframe_split": {"columns": COLUMNS, "data": DATA, "dtypes": []}},
        {"dataframe_split": {"columns": ["age", "age"], "data": [[1, 2]]}},
        {"dataframe_split": {"columns": [1, 2], "data": [[1, 2]]}},
        {"dataframe_split": {"columns": "age", "data": [[1]]}},
        {"inputs": []},
        {"inputs": {}},
        {"inputs": {"age": []}},
        {"inputs": "age"},
        {"inputs": 41},
        {"inputs": [1, 2, 3]},
        {"inputs": [ROWS[0], DATA[1]]},
        {"inputs": {"age": [41, 20], "job": ["admin."]}},
        {"inputs": {"age": [41], "job": "admin."}},
        {"inputs": ROWS, "params": []},
        {"inputs": ROWS, "params": {"predict_method": "predict_proba"}},
        {"inputs": ROWS, "params": {"probabilities": 1}},
    ],
)
def test_what_is_no_scoring_request_is_refused(spoken: Spoken, body: Any) -> None:
    problem = spoken.score_problem(body)
    assert problem["type"] == "urn:perennial:problem:invalid-request"
    assert problem["status"] == 422


def test_a_regression_has_no_probabilities(spoken: Spoken) -> None:
    body = {"inputs": {"parts": 3}, "params": {"probabilities": True}}
    assert "no probabilities" in spoken.score_problem(body, "weights")["detail"]


def test_rows_of_another_width_are_named(spoken: Spoken) -> None:
    problem = spoken.score_problem({"inputs": [*DATA, [1, 2]]})
    assert problem["errors"] == [{"row": 3, "reason": "must have 5 values"}]
    problem = spoken.score_problem({"dataframe_split": {"columns": COLUMNS, "data": [[], *DATA]}})
    assert problem["errors"] == [{"row": 0, "reason": "must have 5 values"}]


def test_values_that_do_not_fit_are_named_and_not_shown(spoken: Spoken) -> None:
    problem = spoken.score_problem({"inputs": {"age": [41, 918273], "job": ["admin.", "welder"]}})
    assert [(one["row"], one["field"]) for one in problem["errors"]] == [(1, "age"), (1, "job")]
    assert "918273" not in json.dumps(problem)
    assert "welder" not in json.dumps(problem)


def test_columns_are_features_and_nothing_else(spoken: Spoken) -> None:
    extra = {"age": [41], "job": ["admin."], "agee": [1]}
    (error,) = spoken.score_problem({"inputs": extra})["errors"]
    assert error == {"row": 0, "field": "agee", "reason": "is no feature of this model"}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"inputs": [Infinity]}',
        '{"inputs": [1], "inputs": [1]}',
        '{"inputs": ' + "[" * 100_000,
    ],
)
def test_what_is_no_json_is_refused(spoken: Spoken, text: str) -> None:
    problem = spoken.score_problem(text)
    assert (problem["status"], problem["error_code"]) == (400, "BAD_REQUEST")


def test_a_query_is_refused_rather_than_passed_over(spoken: Spoken) -> None:
    query = {"probabilities": "true"}
    problem = spoken.score_problem({"inputs": [{"age": 41}]}, queryStringParameters=query)
    assert (problem["status"], problem["error_code"]) == (422, "BAD_REQUEST")
    assert "`params`" in problem["detail"]


@pytest.mark.parametrize("name", ["instances", "dataframe_records"])
def test_too_many_rows_are_refused(spoken: Spoken, name: str) -> None:
    problem = spoken.score_problem({name: [{"age": 41}] * 1001})
    assert (problem["status"], problem["error_code"]) == (413, "BAD_REQUEST")
    problem = spoken.score_problem({"inputs": {"age": [41] * 1001}})
    assert problem["status"] == 413


def test_parquet_is_refused_by_its_type(spoken: Spoken) -> None:
    headers = {"content-type": "application/vnd.apache.parquet"}
    assert spoken.score_problem("PAR1", headers=headers)["status"] == 415


@pytest.mark.parametrize(("model", "status"), [("none", 404), ("fresh", 409)])
def test_an_error_is_worded_for_both_kinds_of_client(
    spoken: Spoken, model: str, status: int
) -> None:
    problem = spoken.score_problem({"inputs": ROWS}, model)
    assert problem["status"] == status
    assert problem["error_code"] == ERROR_CODES[status]
    assert problem["message"] == f"{problem['title']}. {problem['detail']}"


def test_every_error_code_belongs_to_a_status_there_is() -> None:
    assert set(ERROR_CODES) <= {kind.status for kind in CATALOGUE}
