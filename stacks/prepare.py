"""`python -m stacks.prepare`: does beforehand what the first synth on a machine would wait for.

Builds the layers for this machine, and has CDK unpack and compile its library.
"""

from __future__ import annotations

import sys
from pathlib import Path

from aws_cdk import App

from stacks.app import LAYERS
from stacks.layers import LayerError, build_layer, host

ROOT = Path(__file__).parents[1]


def prepare(root: Path) -> list[Path]:
    """Build what is not there yet; the archives of the layers.

    Raises:
        LayerError: a layer could not be built.
    """
    App()
    store = root / "build" / "layers"
    return [build_layer(root / "layers" / name, host(), store) for name in LAYERS]


def main() -> int:
    """Prepare this checkout."""
    try:
        prepare(ROOT)
    except LayerError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the program's output
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
