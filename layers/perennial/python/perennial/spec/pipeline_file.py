"""The Python file beside a spec that makes a user's own scikit-learn pipeline.

It is read and compiled here, never run: what is wrong with its text is told with everything else
that is wrong with a spec. The text then travels as a part of the spec, and counts in its digest.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from perennial.spec.consistency import Contradictions

if TYPE_CHECKING:
    from perennial.spec.schema import ModelSpec

FACTORY = "pipeline"  # the function the file defines
MOST_BYTES = 131_072
# What is there where a pipeline is trained and where it serves, beside the standard library.
LIBRARIES = ("joblib", "numpy", "pandas", "scipy", "sklearn", "threadpoolctl", "xgboost")
_FILE = ("algorithm", "file")


def with_source(spec: ModelSpec, folder: Path) -> ModelSpec:
    """The spec together with the text of its pipeline file, where it names one.

    Args:
        spec: as it was written.
        folder: where the spec lies, and the file beside it.

    Raises:
        Contradictions: the file is missing, is no Python, or defines no `pipeline`.
    """
    name = spec.algorithm.file
    if name is None:
        return spec
    estimator = spec.algorithm.model_copy(update={"source": _source(folder / name)})
    return spec.model_copy(update={"algorithm": estimator})


def _source(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _wrong(f"{path.name} does not lie beside the spec, or cannot be read") from error
    if len(data) > MOST_BYTES:
        raise _wrong(f"{path.name} has {len(data)} bytes; at most {MOST_BYTES} travel with a spec")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _wrong(f"{path.name} is not UTF-8 text") from error
    try:
        tree = ast.parse(text, path.name)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or "it cannot be read"
        raise _wrong(f"{path.name} is not Python: line {line}: {reason}") from error
    for line, root in _imported(tree):
        if root not in LIBRARIES and root not in sys.stdlib_module_names:
            raise _wrong(
                f"{path.name}: line {line}: {root or 'another file'} is not there when the "
                f"pipeline is trained or serves; there are {', '.join(LIBRARIES)}, and Python's own"
            )
    if FACTORY not in _names(tree):
        raise _wrong(f"{path.name} defines no function {FACTORY!r}")
    return text


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and first word of every import; empty for one of a file beside this."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "" if node.level else (node.module or "").partition(".")[0]


def _names(tree: ast.Module) -> set[str]:
    """What the file defines or imports at its top level."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name)
    return found


def _wrong(message: str) -> Contradictions:
    return Contradictions([(_FILE, message)])
