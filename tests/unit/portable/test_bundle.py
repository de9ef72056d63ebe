"""A bundle predicts with nothing but Python, and proves it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import ArtifactError, ExportMismatch, NotPortable
from perennial.portable.agreement import golden_of
from perennial.portable.bundle import bundle
from perennial.portable.sources import foreign, renamed, sources_of
from perennial.serving.artifact import GOLDEN, digest_of, write_artifact

from tests.unit.parity.answers import Model
from tests.unit.portable.models import golden, trained, version_of

KINDS = [("xgboost", "binary"), ("hist_gradient_boosting", "multiclass"), ("ridge", "regression")]


def written(model: Model, folder: Path, number: int = 3) -> Path:
    data, _ = bundle(version_of(model, number=number), model.artifact)
    path = folder / f"m-x-{number}.pyz"
    path.write_bytes(data)
    return path


def python(*arguments: object, rows: object = None) -> subprocess.CompletedProcess[str]:
    """A process of its own that sees no package but Python's."""
    command = [sys.executable, "-I", "-S", *map(str, arguments)]
    text = rows if isinstance(rows, str) else json.dumps(rows)
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)


def close(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(close(found[k], expected[k]) for k in found)
    if isinstance(expected, str):
        return bool(found == expected)
    return bool(abs(found - expected) <= 2.0**-23 * max(1.0, abs(expected)))


@pytest.mark.parametrize(("algorithm", "task"), KINDS)
def test_a_clean_process_without_packages_answers_as_the_endpoint_does(
    algorithm: str, task: str, tmp_path: Path
) -> None:
    model = trained(algorithm, task)
    path, rows = written(model, tmp_path), golden(model)
    checked = json.loads(python(path, "--check").stdout)
    assert checked["agrees"] is True
    assert checked["rows"] == len(rows)
    answer = json.loads(python(path, rows={"rows": rows}).stdout)
    assert (answer["model"], answer["version"]) == ("m-x", 3)
    assert answer["artifact_digest"] == model.engine.artifact.digest
    for found, one in zip(answer["predictions"], golden_of(model.engine.artifact)[1], strict=True):
        assert close(found["prediction"], one[0])
        assert one[1] is None or close(found["probabilities"], one[1])


def test_two_versions_are_modules_beside_each_other(tmp_path: Path) -> None:
    paths = [
        written(trained("xgboost", "binary"), tmp_path, 3),
        written(trained("linear", "binary"), tmp_path, 4),
    ]
    program = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n" + (
        "import m_x_v3, m_x_v4\n"
        "print(m_x_v3.check().holds, m_x_v4.check().holds, 'perennial' in sys.modules)\n"
        "print(m_x_v3.description()['version'], m_x_v4.description()['version'])\n"
    )
    done = python("-c", program)
    assert done.stdout.split() == ["True", "True", "False", "3", "4"], done.stderr


def test_a_bundle_is_a_module_to_run_too(tmp_path: Path) -> None:
    model = trained("linear", "binary")
    path = written(model, tmp_path)
    program = f"import sys, runpy; sys.path.insert(0, {str(path)!r}); sys.argv = ['m', '--about']\n"
    done = python("-c", program + "runpy.run_module('m_x_v3', run_name='__main__', alter_sys=True)")
    told = json.loads(done.stdout)
    assert told["artifact_digest"] == model.engine.artifact.digest
    assert [one["name"] for one in told["features"]] == ["number", "count", "kind", "flag", "when"]


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        ("not json", 2, "no rows in JSON"),
        ('{"rows": 3}', 2, "send"),
        ('[{"number": NaN}]', 2, "NaN is no JSON"),
        ('[{"number": 1, "number": 2}]', 2, "same name twice"),
        ("[" * 100_000, 2, "no rows in JSON"),
        ([{"number": "x", "count": 1, "when": "2020-01-01"}], 1, "row 0: number must be a number"),
        ([{"count": 1}], 1, "row 0: when is missing"),
    ],
)
def test_what_the_endpoint_would_refuse_is_refused_with_the_reason(
    rows: object, code: int, says: str, tmp_path: Path
) -> None:
    done = python(written(trained("linear", "binary"), tmp_path), rows=rows)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_labels_are_read_alike_whatever_encoding_a_terminal_has(tmp_path: Path) -> None:
    model = trained("linear", "binary")  # to which a garbled label is a missing one
    rows = [golden(model)[0] | {"kind": kind} for kind in ("ä", "日本")]
    done = subprocess.run(
        [sys.executable, "-S", written(model, tmp_path)],
        input=json.dumps(rows, ensure_ascii=False).encode(),
        capture_output=True,
        env={"PYTHONIOENCODING": "cp1252:replace"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["predictions"]
    for one, expected in zip(found, model.engine.predict(rows), strict=True):
        assert close(one["probabilities"], expected.probabilities)


def test_an_option_nobody_knows_is_answered_with_the_usage(tmp_path: Path) -> None:
    done = python(written(trained("linear", "binary"), tmp_path), "--chek", rows=[])
    assert done.returncode == 2
    assert "--check" in done.stderr


def test_a_bundle_has_the_same_bytes_whenever_it_is_made() -> None:
    model = trained("xgboost", "binary")
    version = version_of(model)
    assert bundle(version, model.artifact)[0] == bundle(version, model.artifact)[0]


def test_a_bundle_holds_no_code_that_needs_packages() -> None:
    sources = sources_of("perennial.portable.program")
    assert "features/encoder.py" in sources
    assert {name: foreign(text) for name, text in sources.items() if foreign(text)} == {}


def test_imports_for_type_checkers_are_not_followed() -> None:
    assert "registry/records.py" not in sources_of("perennial.portable.about")


def test_source_is_renamed_where_it_imports_and_nowhere_else() -> None:
    text = "from perennial.a import b\nimport perennial.c\nx = 'from perennial.a import b'\n"
    assert renamed(text, "p").splitlines()[:2] == [
        "from p.perennial.a import b",
        "import p.perennial.c",
    ]
    assert renamed(text, "p").splitlines()[2] == text.splitlines()[2]


def test_a_damaged_artifact_is_not_exported() -> None:
    model = trained("linear", "binary")
    with pytest.raises(ArtifactError, match="digest"):
        bundle(version_of(model), model.artifact[:-1] + b"x")


def test_an_artifact_that_was_changed_in_a_bundle_is_not_run(tmp_path: Path) -> None:
    path = written(trained("linear", "binary"), tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"threshold": 0', b'"threshold": 1'))
    done = python(path, "--check")
    assert done.returncode == 1
    assert "do not have the digest" in done.stderr


def test_a_version_that_would_answer_otherwise_is_not_exported() -> None:
    model = trained("linear", "binary")
    entries = dict(model.engine.artifact.entries)
    golden_rows = json.loads(entries[GOLDEN])
    for one in golden_rows["expected"]:
        one["probabilities"] = {"no": 0.25, "yes": 0.75}
    entries[GOLDEN] = json.dumps(golden_rows).encode()
    entries.pop("artifact.json")
    forged = write_artifact(model.engine.artifact.manifest, entries)
    with pytest.raises(ExportMismatch, match="nothing was written"):
        bundle(version_of(model, artifact_digest=digest_of(forged)), forged)


def test_a_pipeline_that_is_kept_is_refused_with_what_can_hold_it() -> None:
    manifest = dict(trained("linear", "binary").engine.artifact.manifest)
    manifest["engine"] = {"kind": "pipeline"}
    data = write_artifact(manifest, {})
    with pytest.raises(NotPortable, match="--format mlflow"):
        bundle(version_of(trained("linear", "binary"), artifact_digest=digest_of(data)), data)
