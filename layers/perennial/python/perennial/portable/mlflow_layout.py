"""A version in MLflow's model layout, so that `mlflow.pyfunc.load_model` loads it.

https://mlflow.org/docs/latest/ml/model/#storage-format
"""

from __future__ import annotations

import hashlib
import json
import platform

import yaml

from perennial.errors import NotPortable
from perennial.portable.about import PYTHON, about, package_of
from perennial.portable.agreement import golden_of
from perennial.portable.bundle import proven, shipped, zipped
from perennial.portable.program import PortableModel
from perennial.portable.pyfunc import ABOUT, ARTIFACT, PREDICTION
from perennial.portable.refusals import refuse_pseudonyms
from perennial.portable.sources import ROOT, foreign, sources_of
from perennial.portable.standalone import KINDS
from perennial.serving.artifact import Artifact, load_artifact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from perennial.features.schema import FeatureSchema
    from perennial.portable.agreement import Agreement
    from perennial.registry.records import Version

MLMODEL = "MLmodel"  # the last file to be written: without it there is no model
MLFLOW = "3.17.2"  # whose layout this is
_OLDEST = "mlflow>=2.19"  # knows columns of any type
_PYFUNC, _PIPELINES = f"{ROOT}.portable.pyfunc", f"{ROOT}.pipelines.engine"
_INPUT, _SERVING = "input_example.json", "serving_input_example.json"
_NUMBERS = {"number": "double", "integer": "long", "boolean": "boolean", "category": "string"}

_LOADER = '''\
"""Loads the version beside this file: `mlflow.pyfunc` calls `_load_pyfunc`."""

import sys
from pathlib import Path

_CODE = str(Path(__file__).with_name("{package}.zip"))
if _CODE not in sys.path:
    sys.path.insert(0, _CODE)

from {package}.perennial.portable.pyfunc import load as _load_pyfunc  # noqa: E402, F401
'''


def mlflow_files(version: Version, artifact: bytes) -> tuple[dict[str, bytes], Agreement | None]:
    """The files of the layout by path, `MLmodel` last, and how well the golden rows were answered.

    A user's own pipeline is not asked: it runs where its libraries are.

    Raises:
        NotPortable: it learned from pseudonyms, or its code needs what is not required.
        ArtifactError: the bytes are not the version's artifact, or damaged.
        ExportMismatch: plain Python answers otherwise than the version did.
    """
    loaded = load_artifact(artifact, version.artifact_digest)
    refuse_pseudonyms(loaded)
    own_pipeline = loaded.manifest["engine"].get("kind") not in KINDS
    agreement = None if own_pipeline else proven(PortableModel(artifact, about(version)))
    sources = sources_of(_PYFUNC, *([_PIPELINES] if own_pipeline else []))
    requirements = _requirements(loaded, own_pipeline)
    _refuse_unnamed(sources, own_pipeline)
    package = _package(version, sources)
    code = zipped({f"{package}/__init__.py": b"", **shipped(sources, package)})
    files = {
        f"code/{package}.zip": code,
        f"code/{package}_loader.py": _LOADER.format(package=package).encode(),
        f"data/{ARTIFACT}": artifact,
        f"data/{ABOUT}": _json(about(version)),
        "requirements.txt": "\n".join([*requirements, ""]).encode(),
        "conda.yaml": _yaml(_conda(requirements)),
        "python_env.yaml": _yaml(_python_env()),
        **_examples(loaded),
        MLMODEL: _yaml(_mlmodel(version, loaded, package)),
    }
    return files, agreement


def signature_of(artifact: Artifact) -> dict[str, str | None]:
    """The signature as MLflow writes it: columns in JSON."""
    inputs = [_column(feature) for feature in artifact.encoder.features]
    kind = "double" if artifact.classes is None else "string"
    outputs = [{"type": kind, "name": PREDICTION, "required": True}] + [
        {"type": "double", "name": f"probability_{label}", "required": True}
        for label in artifact.classes or ()
    ]
    return {"inputs": _line(inputs), "outputs": _line(outputs), "params": None}


def _column(feature: FeatureSchema) -> dict[str, object]:
    kind = _NUMBERS.get(feature.type, "any")  # a timestamp is text, or one of pandas' own
    if feature.nullable and feature.type in ("integer", "boolean"):
        # pandas has no missing value in these types: MLflow would refuse its own table.
        kind = "double" if feature.type == "integer" else "any"
    return {"type": kind, "name": feature.name, "required": not feature.nullable}


def _mlmodel(version: Version, artifact: Artifact, package: str) -> dict[str, object]:
    told = about(version)
    document: dict[str, object] = {
        "flavors": {
            "python_function": {
                "code": "code",
                "data": "data",
                "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
                "loader_module": f"{package}_loader",
                "python_version": platform.python_version(),
            }
        },
        "metadata": {f"perennial.{name}": value for name, value in told.items()},
        "mlflow_version": MLFLOW,
        "model_uuid": hashlib.sha256(_json(told)).hexdigest()[:32],
        "run_id": version.run_id,
        "signature": signature_of(artifact),
        "utc_time_created": version.created_at.replace("T", " ").rstrip("Z"),
    }
    if golden_of(artifact)[0]:
        document["saved_input_example_info"] = {
            "artifact_path": _INPUT,
            "pandas_orient": "split",
            "serving_input_path": _SERVING,
            "type": "dataframe",
        }
    return document


def _examples(artifact: Artifact) -> dict[str, bytes]:
    """The first golden row as MLflow's input example; nothing where there are none."""
    rows, _ = golden_of(artifact)
    if not rows:
        return {}
    names = [feature.name for feature in artifact.encoder.features]
    split = {"columns": names, "data": [[rows[0].get(name) for name in names]]}
    return {_INPUT: _json(split), _SERVING: _json({"dataframe_split": split})}


def _requirements(artifact: Artifact, own_pipeline: bool) -> list[str]:
    if not own_pipeline:
        return [_OLDEST]
    trained: Mapping[str, str] = artifact.manifest["training"].get("libraries", {})
    return [_OLDEST, *(f"{name}=={of}" for name, of in sorted(trained.items()))]


def _refuse_unnamed(sources: Mapping[str, str], own_pipeline: bool) -> None:
    brought = {"pandas", "numpy"}  # with MLflow
    needed = {name for text in sources.values() for name in foreign(text)} - brought
    if needed and not own_pipeline:
        raise NotPortable(f"this model's code needs {', '.join(sorted(needed))}")


def _package(version: Version, sources: Mapping[str, str]) -> str:
    """A name that no other version, and no other text of the code, has in one process."""
    whole = hashlib.sha256(version.artifact_digest.encode())
    for place, text in sources.items():
        whole.update(f"{place}\0{text}".encode())
    return f"{package_of(version.model, version.number)}_{whole.hexdigest()[:12]}"


def _conda(requirements: list[str]) -> dict[str, Any]:
    needed = ["pip", {"pip": requirements}]
    return {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [f"python>={PYTHON}", *needed],
    }


def _python_env() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "build_dependencies": ["pip"],
        "dependencies": ["-r requirements.txt"],
    }


def _json(document: object) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _line(document: object) -> str:
    return json.dumps(document, ensure_ascii=False)


def _yaml(document: object) -> bytes:
    text: str = yaml.safe_dump(document, sort_keys=True, allow_unicode=True)
    return text.encode()
