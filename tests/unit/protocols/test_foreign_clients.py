"""What clients nobody here wrote send is understood, and what they are sent they understand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tritonclient.http import (  # type: ignore[import-untyped]
    InferenceServerClient,
    InferInput,
    InferRequestedOutput,
)

from tests.unit.protocols.conftest import Spoken
from tests.unit.protocols.mlflow_client import read, written
from tests.unit.protocols.test_open_inference import DATATYPES, ROWS

TRITON_TYPES: dict[str, Any] = {
    "age": np.int64,
    "job": np.object_,
    "balance": np.float64,
    "married": np.bool_,
}


def triton_inputs(binary: bool = False) -> list[InferInput]:
    """The tensors of the rows without missing values, as its users make them."""
    inputs = []
    for name, kind in TRITON_TYPES.items():
        values = np.array([row[name] for row in (ROWS[0], ROWS[2])], dtype=kind)
        inputs.append(InferInput(name, [2, 1], DATATYPES[name]))
        inputs[-1].set_data_from_numpy(values.reshape(2, 1), binary_data=binary)
    return inputs


def triton(spoken: Spoken, inputs: list[InferInput], **options: Any) -> tuple[int, Any]:
    """Status and document for a body that Triton's client has made."""
    body, json_size = InferenceServerClient.generate_request_body(inputs, **options)
    headers = {} if json_size is None else {"Inference-Header-Content-Length": str(json_size)}
    text = body.decode("latin-1")
    status, _, document = spoken.ask("rest-infer", body=text, headers=headers)
    return status, document


@pytest.mark.parametrize("asked", [None, [True, True], [False, False]])
def test_tritons_client_reads_what_it_asked_for(spoken: Spoken, asked: list[bool] | None) -> None:
    names = ("predict", "predict_proba")
    outputs = asked and [
        InferRequestedOutput(name, binary_data=binary)
        for name, binary in zip(names, asked, strict=True)
    ]
    status, document = triton(spoken, triton_inputs(), outputs=outputs, request_id="a-1")
    assert status == 200, document
    result = InferenceServerClient.parse_response_body(json.dumps(document).encode())
    rows = [{name: row[name] for name in TRITON_TYPES} for row in (ROWS[0], ROWS[2])]
    expected = spoken.native(rows)
    assert result.get_response()["id"] == "a-1"
    assert result.as_numpy("predict").tolist() == [[one["prediction"]] for one in expected]
    probabilities = [list(one["probabilities"].values()) for one in expected]
    np.testing.assert_array_equal(result.as_numpy("predict_proba"), probabilities)


def test_tritons_client_is_told_that_binary_tensors_are_not_spoken(spoken: Spoken) -> None:
    status, document = triton(spoken, triton_inputs(binary=True))
    assert status == 400
    assert "binary tensor data" in document["error"]


def test_tritons_client_is_told_that_shared_memory_is_not_spoken(spoken: Spoken) -> None:
    inputs = triton_inputs()
    inputs[0].set_shared_memory("region", 16)
    status, document = triton(spoken, inputs)
    assert status == 400
    assert "shared memory" in document["error"]


# The requests MLServer is tested with: a matrix of one row and three columns, flat and nested.
MLSERVER = {"name": "input-0", "shape": [1, 3], "datatype": "INT32"}


@pytest.mark.parametrize("data", [[1, 2, 1], [[1, 2, 1]]])
def test_mlservers_own_request_is_answered(spoken: Spoken, data: list[Any]) -> None:
    asked = [{"name": "predict"}, {"name": "predict_proba"}]
    answer = spoken.infer(MLSERVER | {"data": data}, model="parcels", outputs=asked)
    (expected,) = spoken.native([{"length": 1, "parts": 2, "sealed": True}], "parcels")
    assert answer["outputs"][0]["data"] == [expected["prediction"]]
    assert answer["outputs"][1]["data"] == list(expected["probabilities"].values())


def test_what_mlserver_refuses_in_its_own_tests_is_refused(spoken: Spoken) -> None:
    wrong = MLSERVER | {"data": [1, 2, 1], "datatype": "INT322"}
    assert "`datatype`" in spoken.refusal(wrong, model="parcels")
    asked = [{"name": "requested-output-0"}]
    right = MLSERVER | {"data": [1, 2, 1]}
    assert "`outputs`" in spoken.refusal(right, model="parcels", outputs=asked)


def test_mlservers_frame_with_gaps_is_answered(spoken: Spoken) -> None:
    """Its codec writes a gap as null, and a column with gaps as floats."""
    gaps = {"name": "length", "shape": [2, 1], "datatype": "FP64", "data": [None, None]}
    parts = {"name": "parts", "shape": [2, 1], "datatype": "FP32", "data": [3, 4]}
    answer = spoken.infer(gaps, parts, model="parcels", parameters={"content_type": "pd"})
    expected = spoken.native([{"parts": 3}, {"parts": 4}], "parcels")
    assert answer["outputs"][0]["data"] == [one["prediction"] for one in expected]


def frame() -> pd.DataFrame:
    """The rows as a frame, with the gaps that pandas makes of null."""
    made = pd.DataFrame(ROWS)
    made["seen"] = pd.to_datetime(made["seen"], format="ISO8601", utc=True).dt.tz_localize(None)
    return made


def test_a_frame_from_mlflows_client_is_answered(spoken: Spoken) -> None:
    body = written(frame())
    assert "NaN" in body
    assert "NaT" in body
    assert spoken.score(body) == [one["prediction"] for one in spoken.native(ROWS)]


def test_parameters_from_mlflows_client_are_read(spoken: Spoken) -> None:
    found = spoken.score(written(frame(), params={"probabilities": True}))
    assert found == [one["probabilities"] for one in spoken.native(ROWS)]


def test_an_array_from_mlflows_client_is_in_the_order_of_the_features(spoken: Spoken) -> None:
    rows = [[1.5, 2.0, None], [-1.0, 7.0, None]]
    body = written(np.array(rows, dtype=np.float64))
    expected = spoken.native([{"length": a, "parts": b} for a, b, _ in rows], "parcels")
    assert spoken.score(body, "parcels") == [one["prediction"] for one in expected]


def test_what_is_answered_is_a_frame_to_mlflows_client(spoken: Spoken) -> None:
    body = written(frame(), params={"probabilities": True})
    _, _, document = spoken.ask("rest-invocations", body=body)
    found = read(document)
    assert list(found.columns) == ["no", "yes"]
    assert len(found) == len(ROWS)
