"""A function imports nothing but what its layers bring: else no call of it begins."""

from __future__ import annotations

import subprocess
import sys

from tests.infrastructure.templates import ROOT, Synthesized

BROUGHT = {  # by layer, the packages that no other layer brings
    "data": ("numpy", "pyarrow"),
    "runtime": ("aws_lambda_powertools", "jinja2", "pydantic", "yaml"),
    "serving": ("orjson",),
    "sklearn": ("joblib", "scipy", "sklearn"),
}
# Imports handlers one after the other, each in a process that lacks what its layers do not bring.
IMPORTED = """
import importlib.util, os, sys

class Lacking:
    def __init__(self, names):
        self.names = names
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"no layer brings {name}")

sys.path.insert(0, sys.argv[1])
for told in sys.argv[2:]:
    path, _, lacking = told.partition("=")
    if os.fork():
        _, status = os.wait()
        if status:
            sys.exit(1)
        continue
    sys.meta_path.insert(0, Lacking(lacking.split(",")))
    spec = importlib.util.spec_from_file_location("handler", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    sys.exit(0)
"""


def lacking(layers: list[dict[str, str]]) -> list[str]:
    """The packages that none of a function's layers brings."""
    there = [reference["Ref"].lower() for reference in layers]
    return [
        package
        for layer, packages in BROUGHT.items()
        if not any(name.startswith(f"layers{layer}") for name in there)
        for package in packages
    ]


def test_every_function_can_be_imported_with_what_its_layers_bring(cloud: Synthesized) -> None:
    told = []
    for name, function in sorted(cloud.functions().items()):
        path = ROOT / "functions" / name / "handler.py"
        if path.exists():  # a pipeline of one model has no folder of its own
            told.append(f"{path}={','.join(lacking(function['Layers']))}")
    assert len(told) > 20
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, str(ROOT / "layers" / "perennial" / "python"), *told],
        capture_output=True,
        text=True,
        env={"AWS_DEFAULT_REGION": "eu-central-1", "PERENNIAL_SPECS": str(ROOT / "models")},
    )
    assert done.returncode == 0, done.stderr
