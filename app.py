"""The CDK app: settings → model specs → stacks → nag. Needs no account, network or git."""

from __future__ import annotations

import sys
from pathlib import Path

from perennial.errors import SpecError

from stacks.app import build_app
from stacks.layers import LayerError
from stacks.nag import refused_by_nag
from stacks.settings import SettingsError


def main() -> int:
    """Synthesize; mistakes of a person are told without a traceback."""
    try:
        build_app(Path(__file__).parent).synth()
    except (SpecError, SettingsError, LayerError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the program's output
        return 1
    except RuntimeError as error:
        if not refused_by_nag(error):
            raise
        return 1  # CDK has printed the findings
    return 0


if __name__ == "__main__":
    sys.exit(main())
