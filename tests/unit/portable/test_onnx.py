"""An ONNX graph says what it takes, and which rows the endpoint would not."""

from __future__ import annotations

from typing import Any

import onnx
import pyarrow as pa
import pytest
from perennial.errors import ExportMismatch, NotPortable
from perennial.portable.agreement import Agreement
from perennial.portable.onnx_graph import ML, ML_OPSET, OPSET
from perennial.portable.onnx_model import (
    ESTIMATE,
    LABEL,
    PROBABILITIES,
    VALID,
    OnnxModel,
    onnx_model,
)
from perennial.serving.artifact import digest_of, load_artifact, write_artifact
from perennial.serving.engine import Engine, load_engine

from tests.unit.parity.answers import Model
from tests.unit.portable.models import golden, made, trained, version_of
from tests.unit.training.samples import table

ROW = {"number": 0.5, "count": 7, "kind": "b", "flag": True, "when": "2020-01-01T00:00:00Z"}


def graph(model: Model) -> tuple[Any, OnnxModel]:
    data, _ = onnx_model(version_of(model), model.engine)
    return onnx.load_from_string(data), OnnxModel(data, model.engine.artifact)


def changed(model: Model, **members: object) -> Engine:
    """The engine of an artifact whose manifest says something else."""
    artifact = model.engine.artifact
    entries = {name: of for name, of in artifact.entries.items() if name != "artifact.json"}
    data = write_artifact({**artifact.manifest, **members}, entries)
    return load_engine(load_artifact(data, digest_of(data)))


def test_inputs_are_the_features_and_outputs_are_named() -> None:
    proto, _ = graph(trained("xgboost", "binary"))
    kinds = {one.name: one.type.tensor_type.elem_type for one in proto.graph.input}
    tensor = onnx.TensorProto
    assert kinds == {
        "number": tensor.FLOAT,
        "count": tensor.FLOAT,
        "kind": tensor.STRING,
        "flag": tensor.FLOAT,
        "when": tensor.DOUBLE,
    }
    assert [one.name for one in proto.graph.output] == [LABEL, PROBABILITIES, VALID]
    regression, _ = graph(trained("ridge", "regression"))
    assert [one.name for one in regression.graph.output] == [ESTIMATE, VALID]


def test_the_opset_is_the_one_that_is_stated_and_the_origin_is_in_the_file() -> None:
    model = trained("xgboost", "binary")
    proto, _ = graph(model)
    assert {one.domain: one.version for one in proto.opset_import} == {"": OPSET, ML: ML_OPSET}
    told = {one.key: one.value for one in proto.metadata_props}
    assert told["artifact_digest"] == model.engine.artifact.digest
    assert (told["version"], told["receipt_digest"]) == ("3", "a" * 64)


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({}, True),
        ({"number": None}, True),
        ({"kind": None}, True),
        ({"kind": "never seen"}, True),
        ({"flag": None}, True),
        ({"count": None}, False),
        ({"count": 1.5}, False),
        ({"when": None}, False),
    ],
    ids=str,
)
def test_a_row_the_endpoint_would_refuse_is_called_invalid(
    change: dict[str, object], valid: bool
) -> None:
    _, session = graph(trained("linear", "binary"))
    assert session.outputs([{**ROW, **change}])[VALID].tolist() == [valid]


LIMITED = {
    "low": {"type": "number", "minimum": 0.1, "maximum": 0.3},
    "whole": {"type": "integer", "minimum": 0},
    "kind": {"type": "category", "categories": ["a", "b"]},
    "yes": {"type": "boolean"},
}
ROWS = [
    {"low": 0.1 + 0.2 * (n % 7) / 7, "whole": n, "kind": "ab"[n % 2], "yes": n % 3 == 0}
    for n in range(90)
]


@pytest.fixture(scope="module")
def limited() -> OnnxModel:
    target = ["yes" if row["whole"] % 4 < 2 else "no" for row in ROWS]  # type: ignore[operator]
    data = pa.Table.from_pylist([{**row, "y": y} for row, y in zip(ROWS, target, strict=True)])
    return graph(made(LIMITED, data))[1]


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({"low": 0.1}, True),
        ({"low": 0.3}, True),
        ({"low": 0.31}, False),
        ({"low": None}, False),
        ({"whole": -1}, False),
        ({"whole": 1e300}, False),
        ({"kind": ""}, False),
        ({"kind": "c"}, False),
        ({"yes": True}, True),
    ],
    ids=str,
)
def test_limits_and_known_categories_are_those_of_the_features(
    limited: OnnxModel, change: dict[str, object], valid: bool
) -> None:
    assert limited.outputs([{**ROWS[0], **change}])[VALID].tolist() == [valid]


def test_a_label_is_known_however_it_is_spelt() -> None:
    targets = ["yes" if n % 3 else "no" for n in range(90)]
    data = pa.table({"kind": ["1", "2", "true"] * 30, "y": targets})
    model = made({"kind": {"type": "category"}}, data)
    rows: list[dict[str, object]] = [{"kind": kind} for kind in ("1.0", "2.0", "True", "TRUE")]
    found = graph(model)[1].outputs([*rows, {"kind": "3.0"}])
    assert found[VALID].tolist() == [True] * 4 + [False]
    expected = [one.value for one in model.engine.predict(rows)]
    assert found[LABEL].tolist()[:4] == expected


def test_an_empty_text_that_is_a_category_cannot_be_told_from_a_missing_one() -> None:
    kind = {"type": "category", "nullable": True}  # its labels are those of the data
    targets = ["yes" if n % 2 else "no" for n in range(60)]
    data = pa.table({"kind": ["", "a", "b"] * 20, "y": targets})
    model = made({"kind": kind}, data)
    with pytest.raises(NotPortable, match="kind has an empty text"):
        graph(model)


def test_an_output_makes_way_for_a_feature_of_its_name() -> None:
    data = table(120, "binary").rename_columns(["label", "count", "kind", "flag", "when", "y"])
    model = made({"label": {"type": "number", "nullable": True}}, data)
    proto, session = graph(model)
    assert [one.name for one in proto.graph.output] == ["label_", PROBABILITIES, VALID]
    rows = golden(model)
    assert session.outputs(rows)[LABEL].tolist() == [
        one.value for one in model.engine.predict(rows)
    ]


def test_what_the_graph_does_not_know_of_is_never_left_out_of_it() -> None:
    model = trained("linear", "binary")
    engine = changed(model, something_new={"changes": "answers"})
    with pytest.raises(NotPortable, match="something_new"):
        onnx_model(version_of(model, artifact_digest=engine.artifact.digest), engine)


def test_a_model_that_learned_from_pseudonyms_is_refused() -> None:
    model = trained("linear", "binary")
    engine = changed(model, pseudonymised=["kind"])
    with pytest.raises(NotPortable, match="pseudonyms of kind"):
        onnx_model(version_of(model, artifact_digest=engine.artifact.digest), engine)


def test_a_graph_that_answers_otherwise_is_not_given_out() -> None:
    model = trained("linear", "binary")
    engine = changed(model, threshold=0.0)  # golden rows were answered with another
    with pytest.raises(ExportMismatch, match="nothing was written"):
        onnx_model(version_of(model, artifact_digest=engine.artifact.digest), engine)


def test_a_sum_that_cancels_to_nearly_nothing_is_no_difference() -> None:
    found = Agreement()
    found.compare([(20.0, None), (1e-9, None)], [(20.0, None), (2e-9, None)])
    assert found.holds
    found.compare([(20.0, None)], [(20.1, None)])
    assert not found.holds


def test_labels_may_differ_only_where_rounding_decides() -> None:
    def one(positive: float) -> tuple[str, dict[str, float]]:
        return ("yes" if positive >= 0.5 else "no", {"no": 1 - positive, "yes": positive})

    near, far = Agreement(0.5), Agreement(0.5)
    near.compare([one(0.5)], [one(0.5 - 1e-9)])
    assert near.holds
    far.compare([one(0.7)], [("no", one(0.7)[1])])
    assert not far.holds


@pytest.mark.parametrize("found", [[], [(float("nan"), None)], [("no", {"no": 1.0})]], ids=str)
def test_an_answer_that_is_missing_or_another_is_no_agreement(found: list[Any]) -> None:
    agreement = Agreement()
    agreement.compare([(1.0, None)], found)
    assert not agreement.holds


def test_rows_of_the_holdout_are_compared_too() -> None:
    model = trained("extra_trees", "regression")
    without = onnx_model(version_of(model), model.engine)[1].rows
    with_them = onnx_model(version_of(model), model.engine, [golden(model)] * 3)[1].rows
    assert with_them == without + 3 * len(golden(model))


def test_a_row_without_a_finite_answer_is_no_reason_to_refuse_the_version() -> None:
    model = trained("linear", "binary")
    odd = {**golden(model)[0], "count": 2**70}
    assert onnx_model(version_of(model), model.engine, [[odd, golden(model)[0]]])[1].holds
