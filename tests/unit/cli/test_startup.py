"""Commands start fast: none of them loads what it does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("aws_cdk", "jsii", "sklearn", "pandas", "scipy", "xgboost", "ministack", "moto")
# What `perennial runs` does, without asking anybody.
RUNS = """
import cli.app, cli.catalogue, cli.records, cli.outputs, cli.run_report, cli.run_pages
import perennial.adapters.dynamodb
"""
HELP = """
import cli.app
from typer.testing import CliRunner
assert CliRunner().invoke(cli.app.app, ["--help"]).exit_code == 0
"""


def loaded_by(program: str) -> set[str]:
    listing = program + "\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    ("program", "without"),
    [
        (HELP, (*HEAVY, "boto3", "botocore", "pydantic", "pyarrow", "numpy")),
        (RUNS, (*HEAVY, "pyarrow", "numpy", "pydantic")),
    ],
    ids=["help", "runs"],
)
def test_nothing_heavy_is_imported(program: str, without: tuple[str, ...]) -> None:
    assert loaded_by(program).isdisjoint(without)
