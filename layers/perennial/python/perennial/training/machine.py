"""The machine that fits, as far as it can decide a bit of the result."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

CPU_INFO = Path("/proc/cpuinfo")
# Instructions that libraries choose a kernel by: sums in another order have another last bit.
FLAGS = frozenset(
    {
        "avx",
        "avx2",
        "avx512f",
        "avx512bw",
        "avx512vl",
        "fma",
        "sse4_2",
        "asimd",
        "asimddp",
        "asimdhp",
        "bf16",
        "sve",
        "sve2",
    }
)
_MODEL = ("model name", "CPU part", "Hardware")  # x86; arm64 gives its implementation as numbers


def processor(cpu_info: Path = CPU_INFO) -> dict[str, Any]:
    """Architecture, model and those instructions of the processor that matter.

    Args:
        cpu_info: where Linux describes it; where there is none, the model is what Python says.
    """
    told = _first_entry(cpu_info)
    named = [told[name] for name in _MODEL if name in told]
    flags = (told.get("flags") or told.get("Features") or "").split()
    return {
        "architecture": platform.machine(),
        "model": named[0] if named else platform.processor(),
        "flags": sorted(FLAGS & set(flags)),
    }


def workers() -> int:
    """Processors that this process may run on; the result does not depend on them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _first_entry(path: Path) -> dict[str, str]:
    """The description of the first processor, by field."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.split("\n\n", 1)[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}
