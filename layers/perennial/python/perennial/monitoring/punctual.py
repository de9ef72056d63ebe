"""Reading that ends in time: a part that would take too long breaks, and the report is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from perennial.errors import Unavailable
from perennial.registry.files import Files

Over = Callable[[], bool]  # whether the time is up


def punctual(files: Files, over: Over, told: str) -> Files:
    """A store whose objects can be read until the time is up.

    Args:
        files: the store.
        over: whether the time is up.
        told: what to say then.

    Returns:
        The same store; reading from it raises `Unavailable` with what is told from then on.
    """
    return cast("Files", _Punctual(files, over, told))


class _Punctual:
    def __init__(self, files: Files, over: Over, told: str) -> None:
        self._files, self._over, self._told = files, over, told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def read(self, uri: str) -> bytes:
        """All bytes of an object."""
        if self._over():
            raise Unavailable(self._told)
        return self._files.read(uri)
