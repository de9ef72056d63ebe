"""Features made of others, and thresholds by group, are exported or refused: never left out."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.errors import NotPortable
from perennial.portable.about import about
from perennial.portable.agreement import Agreement, answers_of
from perennial.portable.onnx_model import OnnxModel, onnx_model
from perennial.portable.probing import probes
from perennial.portable.program import PortableModel
from perennial.registry.records import Version
from perennial.serving.artifact import write_artifact
from perennial.serving.engine import Engine

from tests.fakes.records import a_version
from tests.unit.portable.engineered import engine, rows, steps

WITHOUT_TEXT = 6  # features
BY_LABEL = {"feature": "label", "edges": None, "values": [0.1, 0.5, 0.9], "missing": 0.3}
BY_NUMBER = {"feature": "x", "edges": [-0.1, 0.7], "values": [0.9, 0.2, 0.6], "missing": 0.5}


def version_of(made: Engine) -> Version:
    return a_version(model="m", number=1, artifact_digest=made.artifact.digest)


def compared(made: Engine, answer: Any) -> Agreement:
    found = Agreement()
    names = [one.name for one in made.encoder.features]
    table = [{name: row[name] for name in names} for row in rows(300, seed=5)]
    for batch in (table, *probes(table[:20], made.encoder.features)):
        found.compare(answers_of(made.predict(batch)), answer(batch))
    return found


def test_plain_python_makes_every_column_there_is() -> None:
    made = engine(steps(python_only=True))
    data = write_artifact(made.artifact.manifest, without_manifest(made))
    plain = PortableModel(data, about(version_of(made)))
    found = compared(made, lambda batch: answers_of(plain.engine.predict(batch)))
    assert (found.labels, found.largest <= 2.0**-23) == (0, True)


def without_manifest(made: Engine) -> dict[str, bytes]:
    return {name: of for name, of in made.artifact.entries.items() if name != "artifact.json"}


def test_a_graph_makes_every_column_it_has_operators_for() -> None:
    made = engine(steps(python_only=False), features=WITHOUT_TEXT)
    data, checked = onnx_model(version_of(made), made)
    assert checked.holds
    found = compared(made, OnnxModel(data, made.artifact).predict)
    assert found.holds, found.as_json()


@pytest.mark.parametrize("thresholds", [BY_LABEL, BY_NUMBER], ids=["by label", "by number"])
def test_a_graph_calls_labels_by_thresholds_of_groups(thresholds: dict[str, object]) -> None:
    chosen = [step for step in steps(python_only=False) if step.kind == "ratio"]
    made = engine(chosen, features=WITHOUT_TEXT, group_thresholds=thresholds)
    data, _ = onnx_model(version_of(made), made)
    found = compared(made, OnnxModel(data, made.artifact).predict)
    assert found.labels == 0
    assert found.holds
    # And it is not by chance: one threshold for all would call some of them otherwise.
    answers = answers_of(
        made.predict([{k: v for k, v in row.items() if k != "said"} for row in rows()])
    )
    assert any((scores["yes"] >= 0.4) != (value == "yes") for value, scores in answers if scores)


@pytest.mark.parametrize(
    ("kind", "features", "says"),
    [("date", 6, "parts of a date"), ("text", 7, "splits and hashes texts")],
)
def test_what_no_operator_makes_is_refused_with_what_can(
    kind: str, features: int, says: str
) -> None:
    chosen = [step for step in steps(python_only=True) if step.kind == kind]
    made = engine(chosen, features=features)
    with pytest.raises(NotPortable, match=f"{says}.*--format bundle"):
        onnx_model(version_of(made), made)
