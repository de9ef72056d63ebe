"""Model specs, checked at synth and compiled to what the functions read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from perennial.spec import load_specs

FOLDER = "perennial_specs"  # below /opt, where layers are unpacked


def compile_specs(folder: Path) -> dict[str, bytes]:
    """One JSON file for each spec of a folder, by its name in the layer; features keep their order.

    Raises:
        SpecError: a spec says something that cannot be; a line for each mistake.
    """
    return {
        f"{FOLDER}/{name}.json": json.dumps(
            spec.model_dump(mode="json"), separators=(",", ":")
        ).encode()
        for name, spec in load_specs(folder).items()
    }


def uses_pipelines(compiled: Mapping[str, bytes]) -> bool:
    """Whether one of the specs asks for a user's own pipeline."""
    return any(json.loads(spec)["algorithm"]["name"] == "pipeline" for spec in compiled.values())
