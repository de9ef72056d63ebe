"""A text goes through each protocol and is described by the API's own document."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from perennial.features.engineered import EngineeredEncoder
from perennial.features.schema import FeatureSchema
from perennial.features.steps import Recipe, Step
from perennial.serving.openapi.rows import DocumentedModel, example_row, value_schema
from perennial.serving.problems import Problem
from perennial.serving.protocols import mlflow_csv
from perennial.serving.protocols.open_inference_tensors import Tensor, columns_of
from perennial.spec import ModelSpec

FEATURES = [FeatureSchema("said", "text", nullable=True), FeatureSchema("x", "number")]
LEARNED = {"length": True, "words": False, "hashes": 0}
ENCODER = EngineeredEncoder(
    FEATURES, Recipe([Step("text", ["said"], ["length"], LEARNED)], ["length", "x"])
)
DOMAIN = Path(__file__).parents[3] / "layers" / "perennial" / "python"


def tensor(name: str, datatype: str, data: list[object]) -> Tensor:
    shape = [len(data)]
    return Tensor({"name": name, "shape": shape, "datatype": datatype, "data": data}, "inputs[0]")


def test_a_tensor_of_texts_is_taken() -> None:
    tensors = [tensor("said", "BYTES", ["ä, b", None]), tensor("x", "FP64", [1.0, 2.0])]
    values = columns_of(tensors, FEATURES)
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    assert str(list(ENCODER.encode(rows))) == "[4.0, 1.0, nan, 2.0]"


def test_a_tensor_of_numbers_is_no_text() -> None:
    with pytest.raises(Problem) as refused:
        columns_of([tensor("said", "INT64", [1])], FEATURES)
    assert "is of type text: its datatype is one of BYTES" in refused.value.detail


def test_one_matrix_is_no_input_of_a_model_with_texts() -> None:
    whole = Tensor({"name": "all", "shape": [1, 2], "datatype": "FP64", "data": [1, 2]}, "it")
    with pytest.raises(Problem) as refused:
        columns_of([whole], FEATURES)
    assert "models with numbers only" in refused.value.detail


def test_a_text_in_csv_may_hold_commas_lines_and_digits() -> None:
    table = mlflow_csv.columns_of('said,x\n"a, b\nc",1\n42,2\n,3\n', FEATURES)
    assert table.values["said"] == ["a, b\nc", "42", None]
    assert [code for code in ENCODER.encode(table) if code == code] == [6.0, 1.0, 2.0, 2.0, 3.0]


def test_a_text_is_described_as_a_string_with_an_example() -> None:
    spec = ModelSpec.model_validate(
        {
            "name": "m",
            "task": "regression",
            "target": "y",
            "features": {"said": {"type": "text", "nullable": True}},
            "sensitive": ["said"],
            "engineering": {"steps": [{"step": "text", "column": "said"}]},
        }
    )
    model = DocumentedModel(spec, None)
    schema = value_schema(model, "said")
    assert schema["type"] == ["string", "null"]
    assert example_row(model) == {"said": "A few words."}


def test_an_engineered_model_needs_only_the_standard_library_to_answer() -> None:
    recipe = json.dumps(ENCODER.recipe.to_json())
    program = (
        "import json, sys\n"
        "from perennial.features.encoder import Encoder\n"
        "before = set(sys.modules)\n"
        "from perennial.features.engineered import EngineeredEncoder\n"
        "from perennial.features.schema import FeatureSchema\n"
        "from perennial.features.steps import Recipe\n"
        "features = [FeatureSchema('said', 'text'), FeatureSchema('x', 'number')]\n"
        "encoder = EngineeredEncoder(features, Recipe.from_json(json.loads(sys.argv[1])))\n"
        "assert list(encoder.encode([{'said': 'abc', 'x': 1}])) == [3.0, 1.0]\n"
        "assert not [n for n in before if n.startswith('perennial') and 'engineered' in n]\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, recipe],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(DOMAIN)},
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "pyarrow", "typing", "dataclasses", "pathlib", "datetime"}
