"""What the Open Inference Protocol refuses, and how: one text under `error`, never a value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.protocols.conftest import REQUEST_ID, Spoken

AGE = {"name": "age", "shape": [2], "datatype": "INT64", "data": [41, 20]}
JOB = {"name": "job", "shape": [2], "datatype": "BYTES", "data": ["admin.", "student"]}
SECRET = 918273645  # must not come back


def test_a_feature_that_is_needed_and_missing_is_named(spoken: Spoken) -> None:
    assert "Tensor `job` is missing" in spoken.refusal(AGE)


def test_a_tensor_the_model_does_not_have_is_named(spoken: Spoken) -> None:
    assert "`jbo` is no input" in spoken.refusal(AGE, JOB | {"name": "jbo"})
    assert len(spoken.refusal(AGE, JOB | {"name": "x" * 5000})) < 300


def test_a_tensor_sent_twice_is_refused(spoken: Spoken) -> None:
    assert "`age` is there twice" in spoken.refusal(AGE, JOB, AGE)


def test_tensors_of_different_length_are_refused(spoken: Spoken) -> None:
    error = spoken.refusal(AGE, JOB | {"shape": [1], "data": ["admin."]})
    assert "`job` has not as many rows" in error


@pytest.mark.parametrize(
    ("shape", "data"),
    [
        ([3], [41, 20]),
        ([1], [41, 20]),
        ([2, 1], [[41, 20]]),
        ([2], [[41], [20]]),
        ([2, 1], [[41], [20, 1]]),
        ([2, 1], [[41], 20]),
        ([2, 1], [[[41]], [[20]]]),
        ([2], []),
        ([2], "41, 20"),
        ([2], {"0": 41, "1": 20}),
        ([2], None),
    ],
)
def test_data_that_does_not_fill_its_shape_is_refused(
    spoken: Spoken, shape: list[int], data: Any
) -> None:
    assert "`age`" in spoken.refusal(AGE | {"shape": shape, "data": data}, JOB)


@pytest.mark.parametrize(
    "shape",
    [None, [], [0], [-2], [2.0], [True], ["2"], [2, 1, 1], 2, "2", [[2]], {"rows": 2}, [2, 2]],
)
def test_a_shape_that_is_none_is_refused(spoken: Spoken, shape: Any) -> None:
    assert "`age`" in spoken.refusal(AGE | {"shape": shape}, JOB)


@pytest.mark.parametrize("shape", [[2, 10**4299], [2**63], [2, 2**63]])
def test_a_dimension_beyond_any_memory_is_refused(spoken: Spoken, shape: Any) -> None:
    assert "whole numbers" in spoken.refusal(AGE | {"shape": shape}, JOB)


@pytest.mark.parametrize("shape", [[0], [0, 1]])
def test_a_request_has_at_least_one_row(spoken: Spoken, shape: list[int]) -> None:
    none = {"shape": shape, "data": []}
    assert "`age` must have at least one row" in spoken.refusal(AGE | none, JOB | none)


def test_a_feature_has_one_column(spoken: Spoken) -> None:
    wide = AGE | {"shape": [2, 2], "data": [41, 20, 1, 2]}
    assert "[rows] or [rows, 1]" in spoken.refusal(wide, JOB)


@pytest.mark.parametrize("datatype", ["INT322", "int64", "FLOAT", "BF16", "", None, 64, ["INT64"]])
def test_an_unknown_datatype_is_refused(spoken: Spoken, datatype: Any) -> None:
    assert "must have a `datatype`" in spoken.refusal(AGE | {"datatype": datatype}, JOB)


def test_a_datatype_that_does_not_suit_its_feature_is_refused(spoken: Spoken) -> None:
    texts = AGE | {"datatype": "BYTES", "data": ["41", "20"]}
    assert "`age` is of type integer" in spoken.refusal(texts, JOB)
    numbers = JOB | {"datatype": "FP32", "data": [1.5, 2.5]}
    assert "`job` is of type category" in spoken.refusal(AGE, numbers)


@pytest.mark.parametrize(
    ("datatype", "element"),
    [
        ("INT64", 1.5),
        ("INT64", "41"),
        ("INT64", True),
        ("INT64", [41]),
        ("INT64", {}),
        ("INT8", 128),
        ("INT8", -129),
        ("UINT8", -1),
        ("UINT16", 65536),
        ("INT64", 2**63),
        ("UINT64", 2**64),
        ("INT64", 10**400),
        ("FP32", True),
        ("FP64", "nan"),
        ("BOOL", 1),
    ],
)
def test_elements_are_of_the_datatype(spoken: Spoken, datatype: str, element: Any) -> None:
    mixed = {"name": "balance", "shape": [2], "datatype": datatype, "data": [None, element]}
    if datatype == "BOOL":
        mixed["name"] = "married"
    assert f"`{mixed['name']}`: `data` has elements" in spoken.refusal(AGE, JOB, mixed)


def test_a_value_outside_its_limits_is_named_by_row_and_never_shown(spoken: Spoken) -> None:
    error = spoken.refusal(AGE | {"data": [41, SECRET]}, JOB | {"data": [str(SECRET), "student"]})
    assert "row 1, `age`: must be at most 120" in error
    assert "row 0, `job`: must be one of the categories" in error
    assert str(SECRET) not in error


def test_a_query_is_refused_rather_than_passed_over(spoken: Spoken) -> None:
    body = json.dumps({"inputs": [AGE, JOB]})
    query = {"queryStringParameters": {"explain": "2"}}
    status, _, document = spoken.ask("rest-infer", body=body, **query)
    assert (status, list(document)) == (400, ["error"])
    assert "`outputs`" in document["error"]
    assert "explain" not in document["error"]


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_refused(spoken: Spoken, literal: str) -> None:
    balance = {"name": "balance", "shape": [2], "datatype": "FP64", "data": [1, "literal"]}
    body = json.dumps({"inputs": [AGE, JOB, balance]}).replace('"literal"', literal)
    status, _, document = spoken.ask("rest-infer", body=body)
    assert (status, list(document)) == (400, ["error"])


def test_a_matrix_is_for_models_of_numbers(spoken: Spoken) -> None:
    whole = {"name": "input-0", "shape": [1, 5], "datatype": "FP32", "data": [1, 2, 3, 4, 5]}
    assert "send one for each feature" in spoken.refusal(whole)


def test_a_matrix_has_a_column_for_each_feature(spoken: Spoken) -> None:
    whole = {"name": "input-0", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}
    assert "[rows, 3]" in spoken.refusal(whole, model="parcels")
    texts = {"name": "input-0", "shape": [1, 3], "datatype": "BYTES", "data": ["1", "2", "3"]}
    assert "numeric" in spoken.refusal(texts, model="parcels")


def test_a_matrix_and_other_tensors_do_not_mix(spoken: Spoken) -> None:
    whole = {"name": "input-0", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]}
    parts = {"name": "parts", "shape": [1], "datatype": "INT8", "data": [1]}
    assert "`input-0` is no input" in spoken.refusal(parts, whole, model="parcels")


def test_what_a_truth_value_cannot_be_is_refused(spoken: Spoken) -> None:
    whole = {"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]}
    assert "row 0, `sealed`: must be true or false" in spoken.refusal(whole, model="parcels")


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "null",
        "41",
        "{}",
        '{"inputs": []}',
        '{"inputs": {}}',
        '{"inputs": [1]}',
        '{"inputs": [{}]}',
        '{"inputs": [{"name": 1, "shape": [1], "datatype": "BYTES", "data": ["a"]}]}',
        '{"inputs": [',
        '{"inputs": [], "inputs": []}',
        "[" * 100_000,
    ],
)
def test_what_is_no_inference_request_is_refused(spoken: Spoken, body: str) -> None:
    status, _, document = spoken.ask("rest-infer", body=body)
    assert (status, list(document)) == (400, ["error"])
    assert document["error"]


@pytest.mark.parametrize(
    "members",
    [
        {"id": 42},
        {"parameters": []},
        {"outputs": {}},
        {"outputs": ["predict"]},
        {"outputs": [{}]},
        {"outputs": [{"name": "prediction"}]},
        {"outputs": [{"name": "predict"}, {"name": "predict"}]},
        {"outputs": [{"name": "predict", "parameters": 1}]},
    ],
)
def test_members_are_of_their_type(spoken: Spoken, members: dict[str, Any]) -> None:
    assert spoken.refusal(AGE, JOB, **members)


def test_a_regression_has_no_probabilities_to_ask_for(spoken: Spoken) -> None:
    parts = {"name": "parts", "shape": [1], "datatype": "INT8", "data": [1]}
    asked = [{"name": "predict_proba"}]
    assert "`outputs` can name predict" in spoken.refusal(parts, model="weights", outputs=asked)


@pytest.mark.parametrize(
    "parameters",
    [{"binary_data_size": 16}, {"shared_memory_region": "r"}, {"content_type": "base64"}],
)
def test_what_would_change_the_meaning_of_data_is_refused_by_name(
    spoken: Spoken, parameters: dict[str, Any]
) -> None:
    (name,) = parameters
    assert name in spoken.refusal(AGE | {"parameters": parameters}, JOB)


def test_binary_tensors_are_refused_by_name(spoken: Spoken) -> None:
    headers = {"Inference-Header-Content-Length": "190"}
    status, _, document = spoken.ask("rest-infer", headers=headers)
    assert status == 400
    assert "binary tensor data is not supported" in document["error"]


def test_a_request_too_large_is_told_so(spoken: Spoken) -> None:
    many = AGE | {"shape": [1001], "data": [41] * 1001}
    status, _, document = spoken.ask("rest-infer", body=json.dumps({"inputs": [many]}))
    assert (status, list(document)) == (413, ["error"])
    status, _, document = spoken.ask("rest-infer", body=" " * 1_048_577)
    assert (status, list(document)) == (413, ["error"])


def test_another_media_type_is_refused(spoken: Spoken) -> None:
    headers = {"content-type": "application/x-protobuf"}
    status, _, document = spoken.ask("rest-infer", headers=headers)
    assert (status, list(document)) == (415, ["error"])


@pytest.mark.parametrize("resource", ["", "/ready", "/infer"])
@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"model": "none"}, 404),
        ({"model": "../bank"}, 404),
        ({"model": "bank", "version": "2"}, 404),
        ({"model": "bank", "version": "03"}, 404),
        ({"model": "bank", "version": ""}, 404),
        ({"model": "fresh"}, 409),
        ({"model": "fresh", "version": "1"}, 409),
    ],
)
def test_what_is_not_there_or_not_ready_is_told(
    spoken: Spoken, resource: str, parameters: dict[str, str], status: int
) -> None:
    path = "/versions/{version}" if "version" in parameters else ""
    changes = {
        "resource": f"/v2/models/{{model}}{path}{resource}",
        "httpMethod": "POST" if resource == "/infer" else "GET",
        "pathParameters": parameters,
    }
    found, headers, document = spoken.ask("rest-infer", **changes)
    assert (found, list(document)) == (status, ["error"])
    assert headers["Content-Type"] == "application/json"


def test_a_method_that_does_not_apply_is_told_the_one_that_does(spoken: Spoken) -> None:
    status, headers, document = spoken.ask("rest-infer", httpMethod="GET")
    assert (status, list(document), headers["Allow"]) == (405, ["error"], "POST")


def test_a_store_that_does_not_answer_is_503() -> None:
    spoken = Spoken()
    spoken.world.objects.error = OSError("gone")
    status, headers, document = spoken.ask("rest-infer")
    assert (status, list(document)) == (503, ["error"])
    assert headers["Retry-After"]


def test_what_breaks_inside_is_told_by_its_id_alone(
    spoken: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("perennial.serving.protocols.open_inference.columns_of", broken)
    status, _, document = spoken.ask("rest-infer")
    assert status == 500
    assert REQUEST_ID in document["error"]
    assert "secret" not in document["error"]
