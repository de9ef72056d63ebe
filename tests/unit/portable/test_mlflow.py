"""Each version is registered in MLflow's layout, and MLflow loads it without us."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest
import yaml
from perennial.errors import ArtifactError, NotPortable
from perennial.portable.mlflow_layout import MLMODEL, mlflow_files
from perennial.portable.publication import publish
from perennial.portable.pyfunc import load
from perennial.serving.artifact import digest_of, write_artifact

from tests.fakes.objects import InMemoryObjects
from tests.fakes.records import a_version
from tests.unit.parity.answers import Model
from tests.unit.pipelines.samples import fit, usual
from tests.unit.portable.models import golden, trained, version_of

CANDIDATE = "s3://data/runs/m/r/candidate.zip"
URI = "s3://artifacts/mlflow/m-x/00000003"


def laid_out(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def written(model: Model, folder: Path, number: int = 3) -> Path:
    files, _ = mlflow_files(version_of(model, number=number), model.artifact)
    return laid_out(files, folder / str(number))


_LOADED = """
import sys, pandas, mlflow
for folder in sys.argv[1:]:
    model = mlflow.pyfunc.load_model(folder)
    model.predict(pandas.read_pickle(folder + "/rows.pickle")).to_pickle(folder + "/found.pickle")
assert "perennial" not in sys.modules
"""


def loaded_elsewhere(asked: dict[Path, list[dict[str, object]]]) -> list[pd.DataFrame]:
    """What MLflow's own loader, in one process that does not know us, answers for each folder."""
    for folder, rows in asked.items():
        pd.DataFrame(rows).to_pickle(folder / "rows.pickle")
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *map(str, asked)],
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [pd.read_pickle(folder / "found.pickle") for folder in asked]


def test_mlflow_loads_versions_beside_each_other_without_perennial(tmp_path: Path) -> None:
    models = [trained("xgboost", "binary"), trained("ridge", "regression")]
    asked = {written(one, tmp_path, number): golden(one) for number, one in enumerate(models, 3)}
    for model, table in zip(models, loaded_elsewhere(asked), strict=True):
        expected = [one.value for one in model.engine.predict(golden(model))]
        if model.engine.artifact.classes:
            assert table["prediction"].tolist() == expected
        else:
            assert table["prediction"].tolist() == pytest.approx(expected, rel=2.0**-23)


def test_a_pipeline_that_is_kept_is_loaded_with_the_libraries_it_was_trained_with(
    tmp_path: Path,
) -> None:
    kept = fit(tmp_path, usual("KNeighborsClassifier(3)"))
    assert kept.kind == "pipeline"
    version = a_version(model="m", number=1, artifact_digest=digest_of(kept.artifact))
    files, agreement = mlflow_files(version, kept.artifact)
    assert agreement is None  # its libraries are not here when it is registered
    assert f"scikit-learn=={metadata.version('scikit-learn')}" in files["requirements.txt"].decode()
    rows = golden(trained("xgboost", "binary"))
    (table,) = loaded_elsewhere({laid_out(files, tmp_path / "kept"): rows})
    assert table["prediction"].tolist() == [one.value for one in kept.engine.predict(rows)]


def test_the_layout_tells_columns_and_origin(tmp_path: Path) -> None:
    model = trained("xgboost", "binary")
    told = yaml.safe_load((written(model, tmp_path) / MLMODEL).read_text())
    assert told["metadata"]["perennial.receipt_digest"] == "a" * 64
    assert told["metadata"]["perennial.artifact_digest"] == model.engine.artifact.digest
    assert told["run_id"] == "a"
    inputs = {one["name"]: one for one in yaml.safe_load(told["signature"]["inputs"])}
    assert {name: one["type"] for name, one in inputs.items()} == {
        "number": "double",
        "count": "long",
        "kind": "string",
        "flag": "any",
        "when": "any",
    }
    assert [name for name, one in inputs.items() if not one["required"]] == [
        "number",
        "kind",
        "flag",
    ]


def test_tables_may_hold_what_pandas_makes_of_files(tmp_path: Path) -> None:
    model = trained("xgboost", "binary")
    table = load(str(written(model, tmp_path) / "data"))
    rows = pd.DataFrame(golden(model))
    expected = table.predict(rows)
    rows["when"] = pd.to_datetime(rows["when"], format="ISO8601")
    rows["flag"] = rows["flag"].astype("boolean")
    rows["kind"] = rows["kind"].astype("category")
    rows["count"] = rows["count"].astype("int32")
    assert table.predict(rows).equals(expected)
    assert table.predict(rows.set_index(rows.index + 7)).index[0] == 7
    assert table.predict(rows.iloc[:0]).empty


def test_what_does_not_fit_is_refused_by_row_and_column(tmp_path: Path) -> None:
    table = load(str(written(trained("xgboost", "binary"), tmp_path) / "data"))
    rows = pd.DataFrame(golden(trained("xgboost", "binary")))
    rows.loc[1, "when"] = "yesterday"
    with pytest.raises(ValueError, match="row 1: when must be an ISO 8601 timestamp"):
        table.predict(rows)


def test_a_version_is_published_once_and_mlmodel_comes_last() -> None:
    model, store = trained("linear", "binary"), InMemoryObjects()
    store.write(CANDIDATE, model.artifact, "application/zip")
    version = version_of(model)
    assert publish(version, CANDIDATE, store) == URI
    names = [uri for uri in store.content_types if uri.startswith(URI)]
    assert names[-1] == f"{URI}/{MLMODEL}"
    before = {name: store.read(name) for name in names}
    publish(version_of(model, created_at="2027-01-01T00:00:00.000Z"), CANDIDATE, store)
    assert {name: store.read(name) for name in names} == before


def test_a_candidate_that_is_gone_or_damaged_is_not_published() -> None:
    model, store = trained("linear", "binary"), InMemoryObjects()
    with pytest.raises(ArtifactError, match="gone"):
        publish(version_of(model), CANDIDATE, store)
    store.write(CANDIDATE, model.artifact[:-9], "application/zip")
    with pytest.raises(ArtifactError, match="digest"):
        publish(version_of(model), CANDIDATE, store)
    assert not [uri for uri in store.content_types if uri.startswith(URI)]


def test_a_model_that_learned_from_pseudonyms_is_not_published() -> None:
    model, store = trained("linear", "binary"), InMemoryObjects()
    artifact = model.engine.artifact
    entries = {name: of for name, of in artifact.entries.items() if name != "artifact.json"}
    hidden = write_artifact({**artifact.manifest, "pseudonymised": ["kind"]}, entries)
    store.write(CANDIDATE, hidden, "application/zip")
    with pytest.raises(NotPortable, match="pseudonyms of kind"):
        publish(version_of(model, artifact_digest=digest_of(hidden)), CANDIDATE, store)
