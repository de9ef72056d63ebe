"""The Python file beside a spec: read and checked with the spec, and never run by that."""

from __future__ import annotations

from pathlib import Path

import pytest
from perennial.errors import SpecError
from perennial.spec import load_spec, load_specs

SPEC = """\
name: churn
task: regression
target: y
features:
  x: {type: number}
algorithm:
  name: pipeline
  file: churn.py
"""
GOOD = "def pipeline(**parameters):\n    raise RuntimeError('a spec runs nothing')\n"


def written(folder: Path, code: bytes | str | None, spec: str = SPEC) -> Path:
    path = folder / "churn.yaml"
    path.write_text(spec)
    if code is not None:
        (folder / "churn.py").write_bytes(code if isinstance(code, bytes) else code.encode())
    return path


def test_the_file_travels_with_the_spec_and_is_not_run(tmp_path: Path) -> None:
    spec = load_spec(written(tmp_path, GOOD))
    assert spec.algorithm.source == GOOD
    assert load_specs(tmp_path)["churn"] == spec


def test_another_text_of_the_file_is_another_spec(tmp_path: Path) -> None:
    before = load_spec(written(tmp_path, GOOD)).digest
    assert load_spec(written(tmp_path, GOOD + "# changed\n")).digest != before


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, "churn.py does not lie beside the spec"),
        ("def pipeline(:\n", "is not Python: line 1: "),
        ("def model():\n    pass\n", "defines no function 'pipeline'"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"pipeline = '\0'", "is not Python"),
        ("#" * 140_000, "at most 131072"),
        ("x = 1\nimport lightgbm.sklearn\n" + GOOD, "line 2: lightgbm is not there"),
        ("from .steps import Ratio\n" + GOOD, "line 1: another file is not there"),
        ("def pipeline():\n    import boto3\n", "line 2: boto3 is not there"),
    ],
)
def test_a_file_that_makes_no_pipeline_is_told_by_line(
    tmp_path: Path, code: bytes | str | None, said: str
) -> None:
    path = written(tmp_path, code)
    with pytest.raises(SpecError, match=r"churn\.yaml:8: algorithm\.file: ") as refused:
        load_spec(path)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "code", ["pipeline = make\n", "from sklearn.pipeline import make_pipeline as pipeline\n"]
)
def test_the_function_may_be_made_elsewhere(tmp_path: Path, code: str) -> None:
    assert load_spec(written(tmp_path, code)).algorithm.source == code


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  file: ../churn.py", "a pipeline needs file"),
        ("  file: /etc/passwd", "a pipeline needs file"),
        ("  file: churn.txt", "a pipeline needs file"),
        ("  parameters: {}", "a pipeline needs file"),
        ("  file: churn.py\n  source: 'x = 1'", "algorithm.source: no such field"),
    ],
)
def test_the_file_is_named_and_lies_beside_the_spec(tmp_path: Path, line: str, said: str) -> None:
    path = written(tmp_path, GOOD, SPEC.replace("  file: churn.py", line))
    with pytest.raises(SpecError, match=said):
        load_spec(path)


def test_no_other_algorithm_takes_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD, SPEC.replace("name: pipeline", "name: xgboost"))
    with pytest.raises(SpecError, match="file does not apply to xgboost"):
        load_spec(path)
