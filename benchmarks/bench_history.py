"""Questions to a history and a lineage, and an audit, of models of three sizes.

What is asked is asked of the registry's own code, over a stand-in for DynamoDB that sorts, pages
and answers ten milliseconds late, as DynamoDB does; see `benchmarks/history/table.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.provenance.audit import audit
from perennial.provenance.lineage import Lineage
from perennial.registry.timeline import lines, service_at

from benchmarks.harness import median, report
from benchmarks.history.life import MODEL, PER_VERSION, items
from benchmarks.history.table import LATE, PagedTable
from tests.fakes.files import InMemoryFiles

COMMAND = "make bench ARGS=history"
ROOT = Path(__file__).resolve().parent.parent / "build" / "bench"
VERSIONS = (100, 1_000, 10_000)
REPETITIONS = 7
MOST = 1.0  # seconds of any question


def main() -> None:
    """Measure, and write the figures down."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="no 10,000 versions")
    arguments.add_argument("--audit", type=int, help="only audit a model of this size")
    given = arguments.parse_args()
    if given.audit:
        sys.stdout.write(json.dumps(_audited(given.audit)))
        return
    found = {
        f"{versions:,} versions, {versions * PER_VERSION:,} events": _measured(versions)
        for versions in (VERSIONS[:-1] if given.quick else VERSIONS)
    }
    largest = list(found.values())[-1]
    slowest = max(asked["seconds"] for asked in largest["questions"].values())
    report(
        name="history-questions",
        unit="s",
        value=slowest,
        aim=f"the slowest question to the largest model within {MOST:g} s",
        met=slowest < MOST,
        command=COMMAND,
        extra={"seconds_until_an_answer": LATE, "models": found},
    )


def _measured(versions: int) -> dict[str, Any]:
    table = _table(versions)
    registry: Any = DynamoRegistry("registry", table)  # type: ignore[arg-type]
    questions = {
        name: _asked(table, question) for name, question in _questions(registry, versions).items()
    }
    command = [sys.executable, "-m", "benchmarks.bench_history", "--audit", str(versions)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {"questions": questions, "audit": json.loads(done.stdout)}


def _questions(registry: Any, versions: int) -> dict[str, Callable[[], object]]:
    middle, files = versions // 2, InMemoryFiles()
    moment = registry.version(MODEL, middle).created_at
    later = registry.version(MODEL, middle + 1).created_at
    source = f"s3://data/incoming/{MODEL}/{middle // 3}.csv"
    return {
        "the latest 30 lines": lambda: lines(MODEL, registry, limit=30),
        "30 lines of a stretch of time": lambda: lines(
            MODEL, registry, since=moment, until=later, limit=30
        ),
        "what happened to a version": lambda: lines(MODEL, registry, version=middle, limit=100),
        "what served at a moment": lambda: service_at(MODEL, moment, registry),
        "where a version came from": lambda: Lineage(registry, files).of_version(MODEL, middle),
        "what came of an object": lambda: Lineage(registry, files).of_source(source),
    }


def _asked(table: PagedTable, question: Callable[[], object]) -> dict[str, Any]:
    seconds = []
    for _ in range(REPETITIONS):
        table.requests = table.items = 0
        began = time.perf_counter()
        assert question()
        seconds.append(time.perf_counter() - began)
    return {"seconds": median(seconds), "requests": table.requests, "items": table.items}


def _audited(versions: int) -> dict[str, Any]:
    """One audit in a process of its own, for its memory."""
    import resource

    table = _table(versions)
    registry: Any = DynamoRegistry("registry", table)  # type: ignore[arg-type]
    began = time.perf_counter()
    done = audit(MODEL, registry, {})
    seconds = time.perf_counter() - began
    assert done.passed, done.findings[:3]
    return {
        "events": done.events,
        "seconds": seconds,
        "requests": table.requests,
        "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _table(versions: int) -> PagedTable:
    """The registry of a model with so many versions, made once."""
    path = ROOT / f"history-{versions}.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        PagedTable(unfinished).fill(items(versions))
        unfinished.rename(path)
    return PagedTable(path)


if __name__ == "__main__":
    main()
