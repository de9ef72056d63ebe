"""The function for pipelines takes its part in rollouts: as challenger, and as shadow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from perennial.serving.shadowing import handed_over

from tests.unit.predict.artifacts import artifact
from tests.unit.predict.fakes import FakeRollout, event
from tests.unit.serving.aws_double import BUCKET, Aws, aws_double

BODY = json.dumps({"rows": [{"age": 41, "job": "admin.", "balance": 1.5}]})


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with aws_double() as double:
        yield double


@pytest.fixture
def handler(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The function, freshly started; `bank` has version 3 in service and 4 beside it."""
    import functions.predict_pipeline.handler as subject

    (tmp_path / "bank.json").write_text("{}")
    for name, value in {**aws.environment, "PERENNIAL_SPECS": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    for name in ("_endpoint", "_scorer", "_shadows"):
        monkeypatch.setattr(subject, name, None)
    data, digest = artifact()
    aws.put_artifact("bank", digest, data)
    aws.put_route("bank", 3, digest, beside="challenger")
    return subject


def version(response: Any) -> int:
    assert response["statusCode"] == 200
    found: int = json.loads(response["body"])["version"]
    return found


def test_it_answers_as_the_one_it_was_asked_for(handler: ModuleType) -> None:
    asked = event() | {"body": BODY}
    assert version(handler.handler(asked | {"assigned": "challenger"}, None)) == 4
    assert version(handler.handler(asked | {"assigned": "champion"}, None)) == 3


def test_it_answers_as_a_shadow_and_says_nothing(
    handler: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    from perennial.registry.records import RoutedVersion

    digest = artifact()[1]
    shadow = RoutedVersion(4, digest, f"s3://{BUCKET}/artifacts/bank/{digest}.zip")
    asked = handed_over(event() | {"body": BODY}, FakeRollout("r1", shadow=shadow))
    assert handler.handler(asked, None) == {}
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["message"], line["version"], line["Errors"]) == ("version compared", "4", 0)
