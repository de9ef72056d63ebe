"""Dependencies point inward, and the hot path stays light: read off the source."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOMAIN = ROOT / "layers" / "perennial" / "python" / "perennial"

# From the top: a package may import those below its own line, and those beside it only where named.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("training",),
    ("automation", "tuning"),
    ("card",),
    ("monitoring", "rollout"),
    ("provenance", "forgetting"),
    ("evaluation",),
    ("scoring", "portable"),
    ("outcomes", "approval"),
    ("pipelines", "streaming"),
    ("serving",),
    ("capture", "data", "features"),
    ("cost", "privacy"),
    ("adapters",),
    ("registry",),
    ("report", "observability", "settings"),
    ("spec",),
    ("errors", "labels"),
)
CLOUD = {"boto3", "botocore", "aws_lambda_powertools"}
MAY_KNOW_AWS = {"adapters", "observability"}
STANDARD_LIBRARY_ONLY = (
    "serving",
    "features/attribution.py",
    "features/by_row.py",
    "features/calendar.py",
    "features/encoder.py",
    "features/engineered.py",
    "features/steps.py",
    "features/words.py",
    "registry/records.py",
    "errors.py",
    "labels.py",
)


@cache
def imports(path: Path) -> tuple[str, ...]:
    return tuple(_imported(ast.parse(path.read_text(encoding="utf-8"))))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def package_of(path: Path) -> str:
    first = path.relative_to(DOMAIN).parts[0]
    return first.removesuffix(".py")


def sources() -> list[Path]:
    return sorted(path for path in DOMAIN.rglob("*.py") if package_of(path) != "__init__")


def line_of(package: str) -> int:
    return next(number for number, line in enumerate(LAYERS) if package in line)


def test_nothing_imports_a_line_above_its_own() -> None:
    upward = [
        f"{path.relative_to(DOMAIN)} imports {module}"
        for path in sources()
        for module in imports(path)
        if module.startswith("perennial.")
        and (other := module.split(".")[1]) != package_of(path)
        and line_of(other) < line_of(package_of(path))
    ]
    assert upward == []


def test_the_domain_knows_no_cloud() -> None:
    knowing = [
        f"{path.relative_to(DOMAIN)} imports {module}"
        for path in sources()
        if package_of(path) not in MAY_KNOW_AWS
        for module in imports(path)
        if module.split(".")[0] in CLOUD
    ]
    assert knowing == []


@pytest.mark.parametrize("place", STANDARD_LIBRARY_ONLY)
def test_what_serves_a_prediction_needs_only_the_standard_library(place: str) -> None:
    target = DOMAIN / place
    for path in [target] if target.is_file() else sorted(target.rglob("*.py")):
        roots = {module.split(".")[0] for module in imports(path)}
        roots -= {"orjson"} if path.name == "fast_json.py" else set()  # does without it as well
        assert roots <= {*sys.stdlib_module_names, "perennial"}, path


def test_functions_do_not_import_each_other() -> None:
    for path in sorted((ROOT / "functions").rglob("*.py")):
        assert not [module for module in imports(path) if module.startswith("functions.")], path
