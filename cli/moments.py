"""Moments as people type them, in their own time zone, as the registry writes them."""

from __future__ import annotations

from datetime import datetime, timedelta

from cli.exits import CommandError, Exit


def moment(text: str, option: str, *, end: bool = False) -> str:
    """A date or a date with a time, as ISO 8601 in UTC; without a zone it is the local one.

    Args:
        text: such as `2026-11-01`, `2026-11-01T12:00` or `2026-11-01T12:00Z`.
        option: where it was given.
        end: whether a date without a time means its end, and not its beginning.

    Raises:
        CommandError: it is no moment.
    """
    from perennial.registry.clock import iso

    try:
        when = datetime.fromisoformat(text)
        if end and len(text) == len("2026-11-01"):
            when += timedelta(days=1, milliseconds=-1)
        return iso(when if when.tzinfo else when.astimezone())
    except (ValueError, OverflowError) as error:
        raise CommandError(
            f"{option}: {text!r} is no moment.",
            advice="Write 2026-11-01, 2026-11-01T12:00 or 2026-11-01T12:00Z.",
            code=Exit.USAGE,
        ) from error
