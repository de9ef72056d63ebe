"""What the Open Inference Protocol promises, and that it says the same as the native one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import perennial
import pytest
import xgboost
from perennial.serving.engine import Engine

from tests.unit.protocols.conftest import REQUEST_ID, Spoken
from tests.unit.protocols.models import LABELS, NAMES, classifier, matrix, regression

ROWS: list[dict[str, Any]] = [
    {
        "age": 41,
        "job": "admin.",
        "balance": 12.5,
        "married": True,
        "seen": "2024-05-06T07:08:09Z",
    },
    {"age": 20, "job": "student", "balance": None, "married": None, "seen": None},
    {"age": 77, "job": "unknown", "balance": -3, "married": False, "seen": "2020-01-01"},
]
DATATYPES = {
    "age": "INT64",
    "job": "BYTES",
    "balance": "FP64",
    "married": "BOOL",
    "seen": "BYTES",
}


def tensor(name: str, datatype: str, data: list[Any], shape: list[int] | None = None) -> Any:
    return {"name": name, "shape": shape or [len(data)], "datatype": datatype, "data": data}


def tensors(rows: list[dict[str, Any]] = ROWS) -> list[Any]:
    return [tensor(name, kind, [row[name] for row in rows]) for name, kind in DATATYPES.items()]


def named(document: Any) -> dict[str, Any]:
    return {output["name"]: output for output in document["outputs"]}


def test_a_tensor_per_feature_is_answered_as_the_rows_are(spoken: Spoken) -> None:
    answer = spoken.infer(*tensors())
    expected = spoken.native(ROWS)
    outputs = named(answer)
    assert outputs["predict"] == {
        "name": "predict",
        "datatype": "BYTES",
        "shape": [3, 1],
        "data": [one["prediction"] for one in expected],
    }
    probabilities = outputs["predict_proba"]
    assert (probabilities["datatype"], probabilities["shape"]) == ("FP64", [3, 2])
    assert json.loads(probabilities["parameters"]["classes"]) == ["no", "yes"]
    assert probabilities["data"] == [p for one in expected for p in one["probabilities"].values()]


def test_the_response_names_model_version_and_request(spoken: Spoken) -> None:
    answer = spoken.infer(*tensors())
    assert (answer["model_name"], answer["model_version"]) == ("bank", "3")
    assert answer["parameters"]["request_id"] == REQUEST_ID
    assert len(answer["parameters"]["artifact_digest"]) == 64


def test_the_id_of_a_request_comes_back(spoken: Spoken) -> None:
    assert spoken.infer(*tensors(), id="42")["id"] == "42"
    assert spoken.infer(*tensors(), id="")["id"] == ""
    assert spoken.infer(*tensors())["id"] == REQUEST_ID


def test_data_may_be_nested_as_its_shape_or_flat(spoken: Spoken) -> None:
    flat = spoken.infer(*[one | {"shape": [3, 1]} for one in tensors()])
    nested = [one | {"shape": [3, 1], "data": [[v] for v in one["data"]]} for one in tensors()]
    assert spoken.infer(*nested) == flat == spoken.infer(*tensors())


def test_the_order_of_tensors_does_not_matter(spoken: Spoken) -> None:
    assert spoken.infer(*reversed(tensors())) == spoken.infer(*tensors())


def test_a_nullable_feature_may_be_left_out(spoken: Spoken) -> None:
    two = [one for one in tensors(ROWS[1:2]) if one["name"] in ("age", "job")]
    assert spoken.infer(*two) == spoken.infer(*tensors(ROWS[1:2]))


@pytest.mark.parametrize("datatype", ["INT8", "UINT8", "INT32", "UINT64", "FP16", "FP32", "FP64"])
def test_any_numeric_datatype_carries_whole_numbers(spoken: Spoken, datatype: str) -> None:
    parts = tensor("parts", datatype, [3, 4])
    expected = spoken.native([{"parts": 3}, {"parts": 4}], "parcels")
    answer = spoken.infer(parts, model="parcels")
    assert named(answer)["predict"]["data"] == [one["prediction"] for one in expected]


def test_a_truth_value_may_be_sent_as_0_and_1(spoken: Spoken) -> None:
    parts = tensor("parts", "INT64", [3, 4])
    sent = spoken.infer(parts, tensor("sealed", "UINT8", [0, 1]), model="weights")
    assert sent == spoken.infer(parts, tensor("sealed", "BOOL", [False, True]), model="weights")


@pytest.mark.parametrize("nested", [False, True])
def test_one_matrix_of_numbers_is_answered_as_the_booster_does(
    spoken: Spoken, nested: bool
) -> None:
    codes = matrix(7)
    data = codes.tolist() if nested else codes.ravel().tolist()
    answer = spoken.infer(tensor("input-0", "FP32", data, [7, 3]), model="parcels")
    expected = classifier()[1].predict(xgboost.DMatrix(codes))
    probabilities = named(answer)["predict_proba"]
    assert probabilities["shape"] == [7, 3]
    found = np.array(probabilities["data"], "f4").reshape(7, 3)
    np.testing.assert_array_equal(found, expected)
    labels = [LABELS[place] for place in expected.argmax(axis=1)]
    assert named(answer)["predict"]["data"] == labels


def test_null_in_a_matrix_is_missing(spoken: Spoken) -> None:
    answer = spoken.infer(tensor("x", "FP64", [None, 2, None], [1, 3]), model="parcels")
    (expected,) = spoken.native([{"parts": 2}], "parcels")
    assert named(answer)["predict"]["data"] == [expected["prediction"]]


def test_a_regression_has_one_output_of_numbers(spoken: Spoken) -> None:
    codes = matrix(4)
    answer = spoken.infer(tensor("x", "FP32", codes.tolist(), [4, 3]), model="weights")
    (output,) = answer["outputs"]
    expected = regression()[1].predict(xgboost.DMatrix(codes))
    assert (output["datatype"], output["shape"]) == ("FP64", [4, 1])
    np.testing.assert_array_equal(np.array(output["data"], "f4"), expected)


def test_only_the_outputs_asked_for_come_back(spoken: Spoken) -> None:
    asked = [{"name": "predict_proba"}]
    (output,) = spoken.infer(*tensors(), outputs=asked)["outputs"]
    assert output["name"] == "predict_proba"
    both = spoken.infer(*tensors(), outputs=[*asked, {"name": "predict"}])["outputs"]
    assert [one["name"] for one in both] == ["predict_proba", "predict"]
    assert spoken.infer(*tensors(), outputs=[]) == spoken.infer(*tensors())


def test_an_output_asked_for_in_binary_form_comes_as_json(spoken: Spoken) -> None:
    """Triton's client asks for it by default, and reads JSON as well."""
    asked = [{"name": "predict", "parameters": {"binary_data": True}}]
    answer = spoken.infer(*tensors(), outputs=asked, parameters={"binary_data_output": True})
    assert named(answer)["predict"]["data"][0] in ("no", "yes")


def test_what_mlserver_says_of_its_tensors_is_understood(spoken: Spoken) -> None:
    """Its codec for frames marks the request `pd` and columns of text `str`."""
    marked = [
        one | ({"parameters": {"content_type": "str"}} if one["datatype"] == "BYTES" else {})
        for one in tensors()
    ]
    answer = spoken.infer(*marked, parameters={"content_type": "pd"})
    assert answer == spoken.infer(*tensors())


def test_optional_members_may_be_null(spoken: Spoken) -> None:
    loose = [one | {"parameters": None} for one in tensors()]
    assert spoken.infer(*loose, id=None, parameters=None, outputs=None) == spoken.infer(*tensors())


def test_health_is_live_and_ready(spoken: Spoken) -> None:
    live = spoken.ask("rest-model-metadata", resource="/v2/health/live", pathParameters=None)
    ready = spoken.ask("rest-model-metadata", resource="/v2/health/ready", pathParameters=None)
    assert (live[0], live[2]) == (200, {"live": True})
    assert (ready[0], ready[2]) == (200, {"live": True, "ready": True})


def test_the_server_says_what_it_is(spoken: Spoken) -> None:
    status, _, document = spoken.ask("rest-model-metadata", resource="/v2", pathParameters=None)
    expected = {"name": "perennial", "version": perennial.__version__, "extensions": []}
    assert (status, document) == (200, expected)


@pytest.mark.parametrize("version", [None, "3"])
def test_metadata_states_the_tensors_of_a_model(spoken: Spoken, version: str | None) -> None:
    status, _, document = metadata(spoken, "bank", version)
    assert (status, document["name"], document["versions"]) == (200, "bank", ["3"])
    assert document["platform"] == "perennial_xgboost"
    assert document["inputs"] == [
        {"name": name, "datatype": datatype, "shape": [-1, 1]}
        for name, datatype in DATATYPES.items()
    ]
    assert document["outputs"] == [
        {"name": "predict", "datatype": "BYTES", "shape": [-1, 1]},
        {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]},
    ]


def test_metadata_of_a_regression_has_no_probabilities(spoken: Spoken) -> None:
    _, _, document = metadata(spoken, "weights", None)
    assert document["outputs"] == [{"name": "predict", "datatype": "FP64", "shape": [-1, 1]}]
    assert [one["name"] for one in document["inputs"]] == NAMES


@pytest.mark.parametrize("model", ["bank", "parcels", "weights"])
def test_answers_are_as_the_metadata_says(spoken: Spoken, model: str) -> None:
    _, _, document = metadata(spoken, model, None)
    sent = tensors() if model == "bank" else [tensor("parts", "INT64", [1, 2, 3])]
    for stated, found in zip(
        document["outputs"], spoken.infer(*sent, model=model)["outputs"], strict=True
    ):
        assert (found["name"], found["datatype"]) == (stated["name"], stated["datatype"])
        assert found["shape"] == [3, *stated["shape"][1:]]
        assert len(found["data"]) == 3 * stated["shape"][1]


def test_a_model_in_service_is_ready(spoken: Spoken) -> None:
    resource = "/v2/models/{model}/ready"
    status, _, document = spoken.ask("rest-model-metadata", resource=resource, model="bank")
    assert (status, document) == (200, {"name": "bank", "ready": True})


def test_a_version_in_service_can_be_asked_by_its_number(spoken: Spoken) -> None:
    parameters = {"model": "bank", "version": "3"}
    resource = "/v2/models/{model}/versions/{version}/infer"
    status, _, document = spoken.ask("rest-infer", resource=resource, pathParameters=parameters)
    assert (status, document["model_version"]) == (200, "3")


def metadata(spoken: Spoken, model: str, version: str | None) -> tuple[int, dict[str, str], Any]:
    if version is None:
        return spoken.ask("rest-model-metadata", resource="/v2/models/{model}", model=model)
    parameters = {"model": model, "version": version}
    return spoken.ask("rest-model-metadata", pathParameters=parameters)


@pytest.mark.parametrize(("model", "classes"), [("bank", 1), ("parcels", 3), ("weights", 1)])
def test_reasons_are_those_of_the_native_protocol(spoken: Spoken, model: str, classes: int) -> None:
    sent = tensors() if model == "bank" else [tensor("parts", "INT8", [1, 2, 3])]
    rows = ROWS if model == "bank" else [{"parts": 1}, {"parts": 2}, {"parts": 3}]
    asked = [{"name": "contributions"}, {"name": "base_value"}]
    contributions, base = spoken.infer(*sent, model=model, outputs=asked)["outputs"]
    explained = [one["explanation"] for one in spoken.native(rows, model, explain=True)]
    margins = [list(one.values()) if classes > 1 else [one] for one in explained]
    features = len(margins[0][0]["contributions"])
    assert contributions["shape"] == [3, *([classes] if classes > 1 else []), features]
    assert base["shape"] == [3, classes]
    flat = [margin for row in margins for margin in row]
    assert base["data"] == [margin["base_value"] for margin in flat]
    assert contributions["data"] == [
        one["contribution"] for margin in flat for one in margin["contributions"]
    ]


def test_nobody_pays_for_reasons_unasked(spoken: Spoken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Engine, "explain")
    assert "contributions" not in named(spoken.infer(*tensors()))
