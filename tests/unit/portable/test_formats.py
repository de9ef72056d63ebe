"""Every algorithm and task in every format answers as the version does."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from perennial.portable.about import about
from perennial.portable.agreement import answers_of
from perennial.portable.mlflow_layout import mlflow_files
from perennial.portable.onnx_model import OnnxModel, onnx_model
from perennial.portable.program import PortableModel
from perennial.portable.pyfunc import PREDICTION, load

from tests.unit.parity.settings import COMBINATIONS
from tests.unit.portable.models import agreement, golden, trained, version_of

EVERY = pytest.mark.parametrize(("algorithm", "task"), COMBINATIONS)
# Of float32, beside which XGBoost's own `expf` differs between processors.
ONE_PLACE = 2.0**-23


@EVERY
def test_plain_python_answers_to_the_last_place_of_a_float32(algorithm: str, task: str) -> None:
    model = trained(algorithm, task)
    plain = PortableModel(model.artifact, about(version_of(model)))
    found = agreement(model, lambda rows: answers_of(plain.engine.predict(rows)))
    assert found.rows > 20
    assert found.labels == 0
    assert found.largest <= ONE_PLACE


@EVERY
def test_an_onnx_graph_answers_within_the_stated_tolerance(algorithm: str, task: str) -> None:
    model = trained(algorithm, task)
    data, checked = onnx_model(version_of(model), model.engine)
    session = OnnxModel(data, model.engine.artifact)
    found = agreement(model, session.predict)
    assert found.holds, found.as_json()
    assert checked.rows > found.rows - 1 > 20


@EVERY
def test_mlflows_layout_gives_tables_with_the_same_answers(
    algorithm: str, task: str, tmp_path: Path
) -> None:
    model = trained(algorithm, task)
    files, _ = mlflow_files(version_of(model), model.artifact)
    for name in ("about.json", "artifact.zip"):
        (tmp_path / name).write_bytes(files[f"data/{name}"])
    rows = golden(model)
    table = load(str(tmp_path)).predict(pd.DataFrame(rows))
    expected = model.engine.predict(rows)
    for place, one in enumerate(expected):
        row = table.iloc[place]
        if one.probabilities is None:
            assert row[PREDICTION] == pytest.approx(one.value, rel=ONE_PLACE)
            continue
        assert row[PREDICTION] == one.value
        for label, probability in one.probabilities.items():
            assert abs(row[f"probability_{label}"] - probability) <= ONE_PLACE
