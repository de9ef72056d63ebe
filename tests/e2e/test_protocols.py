"""Clients nobody here wrote, over HTTP, against a model with categories."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from perennial.registry.records import RunStatus
from tritonclient.http import (  # type: ignore[import-untyped]
    InferenceServerClient,
    InferInput,
    InferRequestedOutput,
)
from tritonclient.utils import InferenceServerException  # type: ignore[import-untyped]

from tests.e2e.conftest import shared
from tests.e2e.platform import Platform
from tests.unit.protocols.mlflow_client import read, written

MODEL = "telco-churn"
ROWS = 50


@pytest.fixture(scope="module")
def frame(platform: Platform) -> pd.DataFrame:
    """Rows to ask about, as a data scientist has them."""
    file = shared("telco-churn.csv")
    if platform.registry.route(MODEL) is None:
        assert platform.train(MODEL, file, "telco-churn.csv").status is RunStatus.SUCCEEDED
    return pd.read_csv(io.BytesIO(file)).drop(columns="Churn").head(ROWS)


@pytest.fixture(scope="module")
def expected(platform: Platform, frame: pd.DataFrame) -> list[Any]:
    """What the platform's own protocol answers."""
    answer = platform.predict(MODEL, *frame.to_dict(orient="records"))
    assert answer.status == 200
    predictions: list[Any] = answer.body["predictions"]
    return predictions


@pytest.fixture
def triton(platform: Platform) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(platform.api.removeprefix("http://")) as client:
        yield client


@pytest.fixture
def key(platform: Platform) -> dict[str, str]:
    """The headers of a request; a new one for each test, as Triton's client adds to it."""
    return {"x-api-key": platform.key}


def inputs(frame: pd.DataFrame, metadata: dict[str, Any]) -> list[InferInput]:
    """The tensors the metadata asks for."""
    kinds: dict[str, type] = {"BYTES": np.object_, "INT64": np.int64, "FP64": np.float64}
    made = []
    for tensor in metadata["inputs"]:
        column = frame[[tensor["name"]]].to_numpy()
        if tensor["datatype"] == "BYTES":
            column = column.astype(str)
        made.append(InferInput(tensor["name"], list(column.shape), tensor["datatype"]))
        made[-1].set_data_from_numpy(column.astype(kinds[tensor["datatype"]]), binary_data=False)
    return made


def test_tritons_client_finds_server_and_model(
    triton: InferenceServerClient, key: dict[str, str], frame: pd.DataFrame
) -> None:
    assert triton.is_server_live(headers=key)
    assert triton.is_server_ready(headers=key)
    assert triton.get_server_metadata(headers=key)["name"] == "perennial"
    assert triton.is_model_ready(MODEL, headers=key)
    metadata = triton.get_model_metadata(MODEL, headers=key)
    assert [tensor["name"] for tensor in metadata["inputs"]] == list(frame.columns)
    (version,) = metadata["versions"]
    assert triton.is_model_ready(MODEL, version, headers=key)
    assert triton.get_model_metadata(MODEL, version, headers=key) == metadata
    assert not triton.is_model_ready(MODEL, str(int(version) + 1), headers=key)
    assert not triton.is_model_ready("none", headers=key)


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("compressed", [None, "gzip"])
def test_tritons_client_gets_the_predictions(
    triton: InferenceServerClient,
    key: dict[str, str],
    frame: pd.DataFrame,
    expected: list[Any],
    named: bool,
    compressed: str | None,
) -> None:
    metadata = triton.get_model_metadata(MODEL, headers=key)
    names = ("predict", "predict_proba")
    result = triton.infer(
        MODEL,
        inputs(frame, metadata),
        model_version=metadata["versions"][0] if named else "",
        outputs=[InferRequestedOutput(name, binary_data=False) for name in names],
        request_id="7",
        headers=dict(key),
        request_compression_algorithm=compressed,
    )
    assert result.get_response()["id"] == "7"
    assert result.as_numpy("predict").ravel().tolist() == [one["prediction"] for one in expected]
    probabilities = [list(one["probabilities"].values()) for one in expected]
    np.testing.assert_array_equal(result.as_numpy("predict_proba"), probabilities)


def test_tritons_client_raises_what_is_wrong(
    triton: InferenceServerClient, key: dict[str, str], frame: pd.DataFrame
) -> None:
    made = inputs(frame, triton.get_model_metadata(MODEL, headers=key))
    with pytest.raises(InferenceServerException, match=r"\[400\].*`gender` is missing"):
        triton.infer(MODEL, made[1:], headers=key)
    with pytest.raises(InferenceServerException, match=r"\[404\]"):
        triton.infer("none", made, headers=key)
    with pytest.raises(InferenceServerException, match=r"\[40[13]\]"):
        triton.infer(MODEL, made)


def test_tritons_client_is_told_that_binary_tensors_are_not_spoken(
    triton: InferenceServerClient, key: dict[str, str], frame: pd.DataFrame
) -> None:
    made = inputs(frame, triton.get_model_metadata(MODEL, headers=key))
    made[0].set_data_from_numpy(frame[["gender"]].to_numpy().astype(np.object_))
    with pytest.raises(InferenceServerException, match=r"\[400\]"):
        triton.infer(MODEL, made, headers=key)


def test_a_frame_from_mlflows_client_is_scored(
    platform: Platform, frame: pd.DataFrame, expected: list[Any]
) -> None:
    path = f"/v1/models/{MODEL}/invocations"
    plain = platform.call(path, raw=written(frame).encode())
    assert plain.status == 200
    assert read(plain.body)[0].tolist() == [one["prediction"] for one in expected]
    body = written(frame, params={"probabilities": True})
    asked = platform.call(path, raw=body.encode())
    assert read(asked.body).to_dict("records") == [one["probabilities"] for one in expected]


def test_a_csv_file_from_pandas_is_scored(
    platform: Platform, frame: pd.DataFrame, expected: list[Any]
) -> None:
    text = frame.to_csv(index=False, quoting=csv.QUOTE_MINIMAL)
    path = f"/v1/models/{MODEL}/invocations"
    answer = platform.call(path, raw=text.encode(), content_type="text/csv")
    assert answer.status == 200
    assert answer.body["predictions"] == [one["prediction"] for one in expected]


def test_a_gap_written_as_nan_gets_past_the_gateway(
    platform: Platform, frame: pd.DataFrame
) -> None:
    gaps = frame.head(2).astype({"TotalCharges": float})
    gaps.loc[0, "TotalCharges"] = np.nan
    body = written(gaps)
    assert "NaN" in body
    answer = platform.call(f"/v1/models/{MODEL}/invocations", raw=body.encode())
    assert answer.status == 422
    reason = {"row": 0, "field": "TotalCharges", "reason": "must not be null"}
    assert answer.body["errors"] == [reason]
