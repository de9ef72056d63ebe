"""What became of messages that belong into one file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """What became of the messages of one file.

    Attributes:
        model: whose rows.
        rows: how many.
        messages: the ids of the messages they came in.
        error: why the file is not there, or None.
    """

    model: str
    rows: int
    messages: tuple[str, ...]
    error: Exception | None
