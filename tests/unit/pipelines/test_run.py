"""A whole training run of a user's pipeline, and the page that tells how to write one."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from perennial.pipelines.engine import pipeline_engine_of
from perennial.serving.artifact import digest_of
from perennial.spec import ModelSpec
from perennial.spec.pipeline_file import LIBRARIES
from perennial.training.pipeline.columns import _KNOWN
from perennial.training.pipeline.export import _FINALS
from sklearn.feature_selection import SelectorMixin
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tests.unit.pipelines.samples import spec_of, usual
from tests.unit.training.samples import RUN, FolderStore, table, trained

PAGE = (Path(__file__).parents[3] / "docs" / "pipelines.md").read_text("utf-8")


def run(folder: Path, spec: ModelSpec) -> tuple[FolderStore, dict[str, Any]]:
    with threadpool_limits(1):
        return trained(folder, spec, table(240, spec.task.value))


@pytest.mark.parametrize("method", ["random", "time"])
@pytest.mark.parametrize(
    ("final", "kind"),
    [("ExtraTreesClassifier(5)", "forest"), ("KNeighborsClassifier()", "pipeline")],
)
def test_a_run_leaves_an_artifact_that_answers_its_golden_rows(
    tmp_path: Path, method: str, final: str, kind: str
) -> None:
    spec = spec_of("binary", usual(final))
    timed = spec.model_dump() | {"time_column": "when", "split": {"method": method}}
    store, told = run(tmp_path, ModelSpec.model_validate(timed))
    artifact = store.read(RUN + "candidate.zip")
    engine = pipeline_engine_of(artifact, digest_of(artifact))
    assert engine.artifact.manifest["engine"]["kind"] == kind
    golden = json.loads(zipfile.ZipFile(io.BytesIO(artifact)).read("golden.json"))
    assert len(golden["rows"]) > 5
    for said, wanted in zip(engine.predict(golden["rows"]), golden["expected"], strict=True):
        assert said.value == wanted["value"]
        assert said.probabilities == wanted["probabilities"]
    assert sum(told["importances"].values()) == pytest.approx(1)
    assert told["importances"]["number"] > told["importances"]["flag"]


def test_the_receipt_tells_another_file_and_the_libraries(tmp_path: Path) -> None:
    receipts = []
    for number, final in enumerate(("ExtraTreesClassifier(3)", "ExtraTreesClassifier(4)")):
        folder = tmp_path / str(number)
        folder.mkdir()
        store, _ = run(folder, spec_of("binary", usual(final)))
        receipts.append(json.loads(store.read(RUN + "receipt.json")))
    assert receipts[0]["spec_digest"] != receipts[1]["spec_digest"]
    assert {"pandas", "scikit-learn"} <= set(receipts[0]["libraries"])


def test_the_page_names_every_step_that_is_folded() -> None:
    named = {kind.__name__ for kind in _KNOWN if not issubclass(kind, SelectorMixin)}
    linear = {kind.__name__ for kind in _FINALS if kind.__module__.startswith("sklearn.linear")}
    missing = {name for name in named | linear if f"`{name}`" not in PAGE}
    assert missing == set()
    assert all(name in PAGE.replace("scikit-learn", "sklearn") for name in LIBRARIES)


def test_the_file_on_the_page_makes_a_pipeline() -> None:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    made: dict[str, Any] = {}
    exec(source, made)
    assert hasattr(made["pipeline"](trees=3), "predict_proba")
