"""What is said beside a file about how its scoring ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from perennial.registry import layout
from perennial.registry.clock import Clock
from perennial.registry.files import Files
from perennial.scoring.records import JSON, MANIFEST, Chunk, Part, Plan, ScoringStatus
from perennial.scoring.request import Request


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows and chunks of a scoring; `lost` rows are those of chunks that failed."""

    rows: int = 0
    scored: int = 0
    rejected: int = 0
    lost: int = 0
    chunks: int = 0
    failed_chunks: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scoring ended.

    Attributes:
        status: in a word.
        reason: why it is not SUCCEEDED.
        counts: of rows and chunks.
        outputs: files by name; the one that is too large to be whole has several parts.
        failed: chunks without a result.
        plan: what was scored; None when it was refused before it was planned.
        reused: whether all of this was there from an earlier scoring.
    """

    status: ScoringStatus
    reason: str = ""
    counts: Counts = field(default_factory=Counts)
    outputs: dict[str, Sequence[Part]] = field(default_factory=dict)
    failed: Sequence[Chunk] = ()
    plan: Plan | None = None
    reused: bool = False


def manifest_uri(request: Request) -> str:
    """Where the manifest of a file lies."""
    prefix = layout.scores_prefix(request.source.key)
    return layout.uri(request.source.bucket, prefix + MANIFEST)


def write_manifest(
    request: Request, outcome: Outcome, files: Files, clock: Clock, seconds: float | None
) -> dict[str, Any]:
    """Write the manifest beside the file; returns it."""
    document = document_of(request, outcome) | {"seconds": seconds, "ended_at": clock()}
    body = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    files.write(manifest_uri(request), body.encode(), JSON)
    return document


def read_manifest(request: Request, files: Files) -> dict[str, Any] | None:
    """The manifest that lies beside the file; None when there is none."""
    try:
        found: dict[str, Any] = json.loads(files.read(manifest_uri(request)))
    except FileNotFoundError:
        return None
    return found


def document_of(request: Request, outcome: Outcome) -> dict[str, Any]:
    """The manifest, but for the time."""
    plan = outcome.plan
    return {
        "format": 1,
        "status": outcome.status.value,
        "reason": outcome.reason,
        "model": request.model,
        "run_id": request.run_id,
        "reused": outcome.reused,
        "version": plan and plan.version.number,
        "artifact_digest": plan and plan.version.artifact_digest,
        "input": {
            **asdict(request.source),
            "format": plan and plan.input_format.value,
            "sha256": plan and plan.sha256,
        },
        "counts": asdict(outcome.counts),
        "failed_chunks": [
            {"number": one.number, "first_row": one.first_row, "rows": one.rows}
            for one in outcome.failed
        ],
        "outputs": {
            name: [asdict(part) for part in parts] for name, parts in outcome.outputs.items()
        },
    }
