"""Writes what a benchmark measured, always in the same form, to `build/bench/<name>.json`."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent / "build" / "bench"


@dataclass(frozen=True, slots=True)
class Peer:
    """What another tool needed for the same work, measured in the same run."""

    name: str
    version: str
    value: float


def report(
    *,
    name: str,
    unit: str,
    value: float,
    aim: str,
    met: bool,
    command: str,
    peers: Sequence[Peer] = (),
    libraries: Iterable[str] = (),
    extra: dict[str, Any] | None = None,
) -> Path:
    """Write one figure with its peers, versions and machine; returns the file.

    Args:
        name: the file's name, and the figure's.
        unit: of `value` and of every peer's value.
        value: ours, a median.
        aim: what was to be reached, as a sentence.
        met: whether it was.
        command: what a reader types to measure it again.
        peers: the others.
        libraries: distributions whose versions matter.
        extra: anything else worth keeping, such as every single measurement.
    """
    document = {
        "name": name,
        "unit": unit,
        "value": value,
        "peers": [asdict(peer) for peer in peers],
        "aim": aim,
        "met": met,
        "command": command,
        "versions": {"python": platform.python_version()}
        | {library: metadata.version(library) for library in libraries},
        "machine": machine(),
        **(extra or {}),
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    against = ", ".join(f"{peer.name} {peer.value:.4g}" for peer in peers)
    sys.stdout.write(f"{name}: {value:.4g} {unit}{f' ({against})' if against else ''}\n")
    return path


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processors": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
    }


def median(values: Iterable[float]) -> float:
    """The middle of the measurements: robust against a neighbour's burst."""
    return statistics.median(values)
