"""The entry point: how the process begins and ends."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from cli.exits import Exit


def main() -> None:
    """Run the command line; ends the process."""
    # A terminal that closes, or a supervisor, must end us the way Ctrl-C does: cleaning up.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        from cli.app import app
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    app(prog_name="perennial")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
