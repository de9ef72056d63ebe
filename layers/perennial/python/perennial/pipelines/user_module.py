"""The Python file of a user as a module, under one name wherever it is imported.

A pickle names the module of each class it holds. The name is made of the file's own text: the
same file is the same module in the training container and in the function that serves, and two
models in one process cannot get in each other's way.
"""

from __future__ import annotations

import hashlib
import sys
from types import ModuleType


def load_module(source: str, file: str) -> ModuleType:
    """Run the file, unless this very text has been run before.

    Args:
        source: its text.
        file: its name, which tracebacks show.

    Raises:
        Exception: whatever the file raises.
    """
    name = f"pipeline_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    known = sys.modules.get(name)
    if known is not None:
        return known
    module = ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module  # before it runs: a dataclass looks its own module up
    try:
        exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except BaseException:
        del sys.modules[name]
        raise
    return module
