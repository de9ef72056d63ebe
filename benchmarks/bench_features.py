"""What ten derived columns cost: a row as the endpoint encodes it, a million as training does.

The same encoder without any step is measured beside it, and the import that only such models pay.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from perennial.features.columnar import encode
from perennial.features.encoder import Encoder
from perennial.features.engineered import EngineeredEncoder
from perennial.features.schema import FeatureSchema
from perennial.features.steps import Recipe, Step

from benchmarks.harness import Peer, median, report

ROW_LIMIT = 20.0  # microseconds more than without
COLUMN_LIMIT = 1e6  # rows a second
NUMBERS = [f"n{place}" for place in range(14)]
LABELS = [f"k{code}" for code in range(12)]
FEATURES = [
    *(FeatureSchema(name, "number") for name in NUMBERS),
    FeatureSchema("label", "category", categories=LABELS),
    FeatureSchema("moment", "timestamp"),
]
STEPS = [
    Step("ratio", ["n0", "n1"], ["ratio"]),
    Step("difference", ["n2", "n3"], ["difference"]),
    Step("log", ["n4"], ["log"], {"signed": True}),
    Step("bin", ["n5"], ["bin"], {"edges": [0.0, 1.0, 2.0]}),
    Step("scale", ["n6", "n7"], ["one", "two"], {"center": [0.0, 0.0], "scale": [1.0, 2.0]}),
    Step("lookup", ["label"], ["mean"], {"table": [[0.1]] * len(LABELS), "missing": [0.1]}),
    Step(
        "date",
        ["moment"],
        ["year", "month_sin", "month_cos"],
        {"parts": ["year"], "cyclic": ["month"], "since": None},
    ),
]
MADE = [name for step in STEPS for name in step.outputs]
PLAIN = Encoder(FEATURES)
WITH_STEPS = EngineeredEncoder(FEATURES, Recipe(STEPS, [*NUMBERS, "label", "moment", *MADE]))
ROW = {name: 1.5 + place for place, name in enumerate(NUMBERS)}
SENT: dict[str, object] = {**ROW, "label": "k3", "moment": "2024-02-29T12:00:00Z"}
COMMAND = "python -m benchmarks.bench_features"
IMPORT = (
    "import time, perennial.features.encoder, json\n"
    "start = time.perf_counter()\n"
    "import perennial.features.engineered, perennial.features.steps\n"
    "print((time.perf_counter() - start) * 1e3)\n"
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a tenth of the rows")
    given = arguments.parse_args()
    rows = 100_000 if given.quick else 1_000_000
    _report_row(rows // 50)
    _report_columns(rows)


def _report_row(repeats: int) -> None:
    ours, plain = _microseconds(WITH_STEPS, repeats), _microseconds(PLAIN, repeats)
    report(
        name="features-row",
        unit="µs",
        value=ours,
        aim=f"ten derived columns take a row at most {ROW_LIMIT:g} µs more",
        met=ours - plain <= ROW_LIMIT,
        command=COMMAND,
        peers=[Peer("without steps", "", plain)],
        extra={"import_ms": median([_import_milliseconds() for _ in range(5)])},
    )


def _report_columns(rows: int) -> None:
    batches = _table(rows).to_batches(65_536)
    speed = {
        name: rows / median([_seconds(partial(_encode, batches, encoder)) for _ in range(5)])
        for name, encoder in (("ours", WITH_STEPS), ("plain", PLAIN))
    }
    report(
        name="features-columns",
        unit="rows/s",
        value=speed["ours"],
        aim=f"at least {COLUMN_LIMIT:g} rows a second with ten derived columns",
        met=speed["ours"] >= COLUMN_LIMIT,
        command=COMMAND,
        peers=[Peer("without steps", "", speed["plain"])],
        libraries=("numpy", "pyarrow"),
    )


def _microseconds(encoder: Encoder, repeats: int) -> float:
    def many() -> None:
        for _ in range(repeats):
            encoder.encode([SENT])

    return median([_seconds(many) for _ in range(7)]) / repeats * 1e6


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _encode(batches: list[pa.RecordBatch], encoder: Encoder) -> None:
    for batch in batches:
        encode(batch, encoder)


def _table(rows: int) -> pa.Table:
    draw = np.random.default_rng(0)
    labels = pa.array([LABELS[code] for code in draw.integers(0, len(LABELS), rows)])
    moments = pa.array(draw.integers(0, 1_700_000_000_000_000, rows), pa.timestamp("us", "UTC"))
    numbers = {name: draw.normal(size=rows) for name in NUMBERS}
    return pa.table({**numbers, "label": labels.dictionary_encode(), "moment": moments})


def _import_milliseconds() -> float:
    """What a cold start pays once more, in a fresh process."""
    path = str(Path(__file__).parents[1] / "layers" / "perennial" / "python")
    done = subprocess.run(
        [sys.executable, "-S", "-c", IMPORT],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
