"""Ports that die at a call that is named beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar, cast

from perennial.errors import Unavailable

T = TypeVar("T")


class Killed(BaseException):
    """The process is gone: no handler of exceptions sees this."""


class Fault(StrEnum):
    """What happens at a call."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    REFUSED = "refused"  # nothing was done, and the caller is told so
    REPLY_LOST = "reply lost"  # it was done, and the caller cannot know


@dataclass
class Faults:
    """Counts the calls to all ports of a flow, and strikes at one of them.

    Attributes:
        at: the place of the call, from 0; None: never.
        fault: what happens there.
        seen: the calls so far, as `port.method`.
        between: is called before and after every call.
    """

    at: int | None = None
    fault: Fault = Fault.KILLED_BEFORE
    seen: list[str] = field(default_factory=list)
    between: Callable[[], None] = lambda: None

    def over(self, port: T, name: str) -> T:
        """The port, with its calls counted."""
        return cast("T", _Port(port, name, self))

    def call(self, name: str, act: Callable[[], Any]) -> Any:
        """Make one call, or what becomes of it."""
        struck = len(self.seen) == self.at
        self.seen.append(name)
        self.between()
        if struck and self.fault in (Fault.KILLED_BEFORE, Fault.REFUSED):
            self._strike(name)
        answer = act()
        self.between()
        if struck:
            self._strike(name)
        return answer

    def _strike(self, name: str) -> None:
        if self.fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER):
            raise Killed(name)
        raise Unavailable(f"{name} did not answer")


class _Port:
    def __init__(self, port: object, name: str, faults: Faults) -> None:
        self._port, self._name, self._faults = port, name, faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found
        return lambda *given, **named: self._faults.call(
            f"{self._name}.{name}", lambda: found(*given, **named)
        )

    def __call__(self, *given: Any) -> Any:
        port: Any = self._port
        return self._faults.call(self._name, lambda: port(*given))
