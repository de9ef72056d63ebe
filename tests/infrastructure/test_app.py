"""The app as the command line calls it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cfnlint.api
import pytest
from cfnlint.config import ManualArgs

from cli.target import STACKS
from tests.infrastructure.conftest import synthesize
from tests.infrastructure.templates import ROOT, Synthesized

SPEC = """\
name: m
task: binary
target: y
positive_class: "1"
features:
  a: {type: number, minimun: 0}
"""


def synth(
    tmp_path: Path, *, alone: tuple[str, ...] = (), **context: object
) -> subprocess.CompletedProcess[str]:
    """Run the app with an environment that holds next to nothing, not even a PATH."""
    environment = {
        "HOME": os.environ["HOME"],
        "PATH": str(tmp_path),
        "CDK_OUTDIR": str(tmp_path / "cdk.out"),
        "CDK_CONTEXT_JSON": json.dumps(context),
    }
    return subprocess.run(
        [*alone, sys.executable, "app.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_wrong_spec_is_told_with_file_line_and_field(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(SPEC)
    done = synth(tmp_path, models=str(tmp_path))
    assert done.returncode == 1
    assert f"{tmp_path / 'm.yaml'}:6: features.a.minimun: " in done.stderr
    assert "did you mean 'minimum'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_told(tmp_path: Path) -> None:
    done = synth(tmp_path, network="mesh")
    assert done.returncode == 1
    assert done.stderr.startswith("network: ")


def test_synth_needs_no_network_account_or_git(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    alone = [unshare, "--map-root-user", "--net"] if unshare else []
    if alone and subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody start a process without a network")
    done = synth(tmp_path, alone=tuple(alone), target="local")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "cdk.out").glob("*.template.json"))) >= 6


def test_cfn_lint_finds_nothing(cloud: Synthesized, local: Synthesized) -> None:
    # Of the local templates only this one has resources of its own.
    paths = [
        *cloud.folder.glob("*.template.json"),
        local.folder / "Perennial-Training.template.json",
    ]
    # W3005: CDK says twice that a function comes after its role, which does no harm.
    choices = ManualArgs(regions=["us-east-1"], ignore_checks=["W3005"])
    found = [
        match
        for path in paths
        for match in cfnlint.api.lint(path.read_text("utf-8"), config=choices)
    ]
    # The linter wants a number here; of a JSONata state it may be an expression
    # (states-language.net/spec.html, "Tolerated Failure Threshold", "Timeouts", "Map State").
    known = ("ToleratedFailurePercentage'", "TimeoutSeconds'", "MaxConcurrency'")
    unknown = [str(one) for one in found if not any(text in str(one) for text in known)]
    assert unknown == []


def test_an_account_and_a_region_can_be_named_without_asking_them(tmp_path: Path) -> None:
    named = synthesize("cloud", tmp_path, account="123456789012", region="eu-central-1")
    manifest = json.loads((named.folder / "manifest.json").read_text("utf-8"))
    assert "missing" not in manifest
    environments = {
        artifact.get("environment")
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert environments == {"aws://123456789012/eu-central-1"}


def test_another_prefix_is_another_deployment(tmp_path: Path) -> None:
    other = synthesize("local", tmp_path, prefix="Second")
    assert {f"Second-{part}" for part in STACKS} == set(other.templates)
    text = json.dumps(other.templates).replace("perennial-local/train:latest", "the image")
    assert "Perennial-Storage" not in text
    assert '"perennial-' not in text


@pytest.mark.parametrize(
    ("stack", "outputs"),
    [
        ("Storage", {"TableName", "DataBucketName", "ArtifactBucketName"}),
        ("Training", {"StateMachineArn", "JobQueueArn", "JobLogGroupName"}),
        ("Serving", {"ApiUrl", "ApiId", "ApiKeyId"}),
        ("Operations", {"TopicArn", "DashboardName"}),
    ],
)
def test_the_command_line_finds_the_outputs_it_reads(
    cloud: Synthesized, stack: str, outputs: set[str]
) -> None:
    assert outputs <= set(cloud.templates[f"Perennial-{stack}"]["Outputs"])
