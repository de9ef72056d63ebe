"""Exceptions to the rules of cdk-nag: one construct and a reason each, and none too many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from stacks import nag
from stacks.app import build_app
from tests.infrastructure.conftest import archives
from tests.infrastructure.templates import ROOT

STREAMS = {"target": "cloud", "streams": True}
STRICTEST = {**STREAMS, "network": "private", "encryption": "kms"}
Finding = tuple[str, str]


def findings(folder: Path) -> Iterator[Finding]:
    """Path and rule of everything a synth was refused for."""
    report = json.loads((folder / "validation-report.json").read_text("utf-8"))
    for plugin in report["pluginReports"]:
        for violation in plugin["violations"]:
            for construct in violation["violatingConstructs"]:
                yield construct["constructPath"], violation["ruleName"]


@pytest.mark.parametrize("context", [STREAMS, {"target": "local"}, STRICTEST])
def test_every_exception_is_needed(
    context: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted: list[Finding] = []

    def note(construct: IConstruct, rule: str, *, because: str) -> None:
        assert len(because.split()) > 4
        accepted.append((construct.node.path, rule))

    monkeypatch.setattr(nag, "accept", note)
    out = tmp_path / "out"
    app = build_app(ROOT, context, outdir=out, archives=archives("any", tmp_path))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    found = list(findings(out))
    idle = [
        (path, rule)
        for path, rule in accepted
        if not any(rule == other and at.startswith(f"{path}/") for at, other in found)
    ]
    assert idle == []


def test_no_exception_is_made_for_a_whole_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths: list[str] = []
    monkeypatch.setattr(
        nag, "accept", lambda construct, *_, **__: paths.append(construct.node.path)
    )
    build_app(ROOT, outdir=tmp_path / "out", archives=archives("any", tmp_path))
    assert paths
    assert [path for path in paths if "/" not in path] == []


def test_a_synth_fails_on_a_finding_nobody_accepted(tmp_path: Path) -> None:
    app = build_app(ROOT, outdir=tmp_path / "out", archives=archives("cloud", tmp_path))
    s3.Bucket(app.node.find_child("Perennial-Storage"), "Careless")  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert {rule for _, rule in findings(tmp_path / "out")} == {
        "AwsSolutions-S1",
        "AwsSolutions-S10",
    }
