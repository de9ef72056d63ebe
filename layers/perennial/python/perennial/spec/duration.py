"""Lengths of time in a spec, as a person writes them: `90s`, `15m`, `6h`, `30d`."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5}[smhd]$")]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(duration: str) -> int:
    """How long a `Duration` is, in seconds."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]
