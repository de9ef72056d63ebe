"""The engine gives XGBoost's own bits, and opens nothing it should not."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from perennial.errors import ArtifactError, InvalidRows
from perennial.serving.artifact import MANIFEST, TREES, digest_of, load_artifact, write_artifact
from perennial.serving.engine import Engine, engine_of
from perennial.serving.libxgboost import library_path

FEATURES = [
    {"name": "x", "type": "number", "nullable": True},
    {"name": "k", "type": "category", "categories": [f"k{n}" for n in range(90)]},
]
OBJECTIVES: dict[str, dict[str, Any]] = {
    "binary": {"objective": "binary:logistic"},
    "multiclass": {"objective": "multi:softprob", "num_class": 3},
    "regression": {"objective": "reg:squarederror"},
    "poisson": {"objective": "count:poisson"},
    "forest": {"objective": "reg:squarederror", "num_parallel_tree": 5, "subsample": 0.5},
}
CLASSES = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c"]}


def codes(rows: int) -> np.ndarray:
    random = np.random.default_rng(4)
    x = random.normal(size=rows).astype(np.float32)
    x[random.random(rows) < 0.1] = np.nan
    return np.column_stack((x, random.integers(0, 90, rows))).astype(np.float32)


def booster(task: str) -> xgboost.Booster:
    data = codes(1000)
    signal = np.nan_to_num(data[:, 0]) + data[:, 1] % 5
    labels = {
        "binary": signal > 2,
        "multiclass": np.digitize(signal, [1, 3]),
    }.get(task, signal + 10)
    matrix = xgboost.DMatrix(data, labels, feature_types=["q", "c"], enable_categorical=True)
    return xgboost.train(OBJECTIVES[task] | {"nthread": 1, "seed": 1}, matrix, 12)


def manifest(task: str, **given: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "model": "m",
        "task": task if task in CLASSES else "regression",
        "algorithm": "xgboost",
        "classes": CLASSES.get(task),
        "positive": "yes" if task == "binary" else None,
        "threshold": 0.5 if task == "binary" else None,
        "features": FEATURES,
        "engine": {"kind": "xgboost", "link": "binary" if task == "binary" else "direct"},
        "training": {},
    } | given


def packed(task: str, model: xgboost.Booster, **given: Any) -> bytes:
    return write_artifact(manifest(task, **given), {TREES: bytes(model.save_raw("ubj"))})


def engine(task: str, model: xgboost.Booster) -> Engine:
    data = packed(task, model)
    return engine_of(data, digest_of(data))


@pytest.mark.parametrize("task", OBJECTIVES)
@pytest.mark.parametrize("rows", [1, 1000])
def test_the_engine_gives_the_bits_of_xgboost(task: str, rows: int) -> None:
    model = booster(task)
    data = codes(rows)
    subject = engine(task, model)
    found = np.asarray(subject.scores(data.ctypes.data, rows)).reshape(rows, -1)
    matrix = xgboost.DMatrix(data, feature_types=["q", "c"], enable_categorical=True)
    for expected in (model.predict(matrix), model.inplace_predict(data)):
        mine = found[:, 1] if task == "binary" else found
        np.testing.assert_array_equal(mine.reshape(expected.shape), expected)


def test_rows_are_answered_like_their_codes() -> None:
    subject = engine("binary", booster("binary"))
    rows: list[dict[str, object]] = [{"x": 0.25, "k": "k3"}, {"x": None, "k": "k89"}]
    matrix = np.array([[0.25, 3], [np.nan, 89]], dtype=np.float32)
    expected = np.asarray(subject.scores(matrix.ctypes.data, 2)).reshape(2, 2)
    for prediction, scores in zip(subject.predict(rows), expected, strict=True):
        assert prediction.probabilities == {"no": scores[0], "yes": scores[1]}
        assert prediction.value == ("yes" if scores[1] >= 0.5 else "no")


def test_no_rows_have_no_predictions() -> None:
    assert len(engine("regression", booster("regression")).predict([])) == 0


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidRows):
        engine("binary", booster("binary")).predict([{"x": 1, "k": "new"}])


def opened(data: bytes) -> Engine:
    return engine_of(data, digest_of(data))


def test_other_bytes_than_expected_are_not_even_opened() -> None:
    data = packed("binary", booster("binary"))
    with pytest.raises(ArtifactError, match="do not have the digest"):
        load_artifact(data + b"\0", digest_of(data))


@pytest.mark.parametrize(
    "given",
    [
        {"format": 2},
        {"format": 2, "engineering": []},
        {"format": 2, "engineering": {"columns": ["x"], "steps": ["scale"]}},
        {
            "format": 2,
            "engineering": {
                "columns": ["z"],
                "steps": [{"kind": "scale", "inputs": [], "outputs": ["z"], "learned": {}}],
            },
        },
        {"engine": {"kind": "pickle"}},
        {"engine": {}},
        {"features": [{"name": "x"}]},
        {"features": [{"name": "x", "type": "number", "eval": "1"}]},
        {"features": None},
    ],
)
def test_a_manifest_of_another_kind_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError):
        opened(packed("binary", booster("binary"), **given))


@pytest.mark.parametrize("model", [b"", b"{}", b"\0" * 1000, b"{L\0\0\0\0\0\0\0\x07learner"])
def test_a_damaged_model_is_refused(model: bytes) -> None:
    with pytest.raises(ArtifactError):
        opened(write_artifact(manifest("binary"), {TREES: model}))


def test_an_artifact_without_its_model_is_refused() -> None:
    with pytest.raises(ArtifactError, match=r"model\.ubj"):
        opened(write_artifact(manifest("binary"), {}))


def a_zip(method: int, entries: list[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x05\x06",
        b"x" * 500,
        a_zip(zipfile.ZIP_DEFLATED, [(MANIFEST, b"{" + b" " * 10**6 + b"}")]),
        a_zip(zipfile.ZIP_STORED, []),
        a_zip(zipfile.ZIP_STORED, [(MANIFEST, b"[]")]),
        a_zip(zipfile.ZIP_STORED, [(MANIFEST, b"{}")])[10:],
    ],
    ids=["empty", "end", "text", "compressed", "no entry", "a list", "cut"],
)
def test_what_is_no_artifact_is_refused(data: bytes) -> None:
    with pytest.raises(ArtifactError):
        opened(data)


def test_entries_that_overlap_are_refused() -> None:
    data = bytearray(a_zip(zipfile.ZIP_STORED, [("a", b"0" * 900), ("b", b"0" * 900)]))
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = (0).to_bytes(4, "little")
    first = data.index(b"PK\x01\x02")
    for header in (first, second):
        for place in (20, 24):
            data[header + place : header + place + 4] = (1500).to_bytes(4, "little")
    with pytest.raises(ArtifactError, match="overlap"):
        opened(bytes(data))


def test_the_bytes_of_an_artifact_are_those_of_its_content() -> None:
    one, two = ({"b": 1, "a": [1.5, None]}, {"a": [1.5, None], "b": 1})
    assert write_artifact(one, {"x": b"1", "y": b"2"}) == write_artifact(
        two, {"y": b"2", "x": b"1"}
    )


def test_the_library_is_looked_for_where_it_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named = tmp_path / "libxgboost.so"
    named.write_bytes(b"")
    monkeypatch.setenv("PERENNIAL_LIBXGBOOST", str(named))
    assert library_path() == str(named)
    monkeypatch.delenv("PERENNIAL_LIBXGBOOST")
    assert "xgboost" in library_path()
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ArtifactError, match="not installed"):
        library_path()


def test_serving_imports_nothing_heavy(tmp_path: Path) -> None:
    data = packed("binary", booster("binary"))
    path = tmp_path / "candidate.zip"
    path.write_bytes(data)
    program = (
        "import json, sys\n"
        "from perennial.serving.engine import engine_of\n"
        "subject = engine_of(open(sys.argv[1], 'rb').read(), sys.argv[2])\n"
        "subject.predict([{'x': 1, 'k': 'k1'}])\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), digest_of(data)],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    heavy = {"numpy", "scipy", "pandas", "sklearn", "xgboost", "pydantic", "boto3", "yaml"}
    slow = {"typing", "dataclasses", "zipfile", "pathlib", "inspect", "datetime", "email"}
    assert not loaded & heavy
    assert not loaded & slow
