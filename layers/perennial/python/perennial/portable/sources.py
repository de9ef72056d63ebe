"""The source a bundle carries: the modules it needs, found by their imports, under another name.

Two bundles, or a bundle and an installed Perennial, can so be used in one process: each has its
own copy of the code, in a package of its own.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import perennial

ROOT = "perennial"
_HERE = Path(perennial.__file__).parent
_IMPORT = re.compile(rf"^(\s*(?:from|import)) {ROOT}(?=[.\s])", re.MULTILINE)


def sources_of(*modules: str) -> dict[str, str]:
    """Every module of ours that some modules import, directly or not, themselves included.

    Args:
        modules: by their full names.

    Returns:
        Source by path below the package, such as `serving/engine.py`.
    """
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        path = _path_of(waiting.pop())
        if path is None or (name := path.relative_to(_HERE).as_posix()) in found:
            continue
        found[name] = path.read_text(encoding="utf-8")
        waiting += sorted(_imported(found[name], own=True))
    return dict(sorted(found.items()))


def foreign(source: str) -> set[str]:
    """Packages a module imports that are neither ours nor Python's own."""
    roots = {name.partition(".")[0] for name in _imported(source, own=False)}
    return roots - {ROOT, "__future__"} - sys.stdlib_module_names


def renamed(source: str, package: str) -> str:
    """The same source as part of another package: `perennial.x` is `<package>.perennial.x`."""
    return _IMPORT.sub(rf"\1 {package}.{ROOT}", source)


@cache
def _path_of(module: str) -> Path | None:
    """The file of a module; None when the name is something inside one."""
    place = _HERE.joinpath(*module.split(".")[1:])
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


def _imported(source: str, *, own: bool) -> set[str]:
    """Names of modules, and of what is imported from them, which may be modules too."""
    found: set[str] = set()
    for node in _executed(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    if not own:
        return found
    ours = {name for name in found if name.partition(".")[0] == ROOT}
    # Importing a module runs its packages first.
    return ours | {
        name.rsplit(".", depth)[0] for name in ours for depth in range(name.count(".") + 1)
    }


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from (one for part in node.orelse for one in (part, *_executed(part)))
            continue
        yield node
        yield from _executed(node)
