"""Ends the scoring of a file: puts its chunks together and says beside the file what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any

from perennial.registry import layout
from perennial.registry.files import Files
from perennial.scoring.assembly import assemble
from perennial.scoring.chunk import earlier
from perennial.scoring.manifest import Counts, Outcome
from perennial.scoring.records import (
    CHUNKS,
    JSON,
    PLAN,
    PREDICTIONS,
    REJECTED,
    RESULT,
    Chunk,
    Part,
    Plan,
    Scored,
    ScoringStatus,
)
from perennial.scoring.request import Request
from perennial.scoring.tables import Outputs

_AT_ONCE = 16  # results that are read at the same time


def read_plan(prefix: str, files: Files) -> Plan:
    """The plan of a scoring.

    Raises:
        FileNotFoundError: there is none.
    """
    return Plan.from_json(json.loads(files.read(prefix + PLAN)))


def read_chunks(prefix: str, files: Files) -> list[Chunk]:
    """The chunks of a scoring, in order.

    Raises:
        FileNotFoundError: there are none.
    """
    return [Chunk.from_json(one) for one in json.loads(files.read(prefix + CHUNKS))]


def collect(prefix: str, plan: Plan, files: Files) -> Outcome:
    """Put the parts of all chunks together, below the scoring's own prefix.

    Args:
        prefix: of the scoring, as a URI.
        plan: of the file.
        files: where everything lies.
    """
    chunks = read_chunks(prefix, files)
    with ThreadPoolExecutor(_AT_ONCE, "results") as threads:
        found = list(threads.map(lambda chunk: earlier(prefix, chunk.number, files), chunks))
    scored = [one for one in found if one is not None]
    failed = [chunk for chunk, one in zip(chunks, found, strict=True) if one is None]
    outputs, form = Outputs(plan), plan.output_format
    made: dict[str, Sequence[Part]] = {}
    for name, schema in ((PREDICTIONS, outputs.predictions), (REJECTED, outputs.rejected)):
        parts = [part for one in scored if (part := _part(one, name)) is not None]
        location = f"{prefix}{name}.{form.value}"
        if whole := assemble(parts, schema, form, location, files):
            made[f"{name}.{form.value}"] = whole
    outcome = _outcome(plan, chunks, scored, failed)
    outcome = replace(outcome, outputs=made)
    if not failed:
        files.write(prefix + RESULT, json.dumps(_kept(outcome)).encode(), JSON)
    return outcome


def reuse(prefix: str, request: Request, files: Files) -> Outcome:
    """What an earlier scoring of the same content left.

    Raises:
        FileNotFoundError: it left nothing, or that is gone.
    """
    kept = json.loads(files.read(prefix + RESULT))
    outputs: dict[str, Sequence[Part]] = {
        name: [Part(**one) for one in parts] for name, parts in kept["outputs"].items()
    }
    plan = replace(read_plan(prefix, files), request=request)
    status, counts = ScoringStatus(kept["status"]), Counts(**kept["counts"])
    return Outcome(status, kept["reason"], counts, outputs, plan=plan, reused=True)


def put_beside(request: Request, outcome: Outcome, files: Files) -> Outcome:
    """Copy whole outputs into the folder beside the file; parts stay where they are.

    Raises:
        FileNotFoundError: an output is gone.
    """
    folder = layout.scores_prefix(request.source.key)
    outputs: dict[str, Sequence[Part]] = {}
    for name, parts in outcome.outputs.items():
        outputs[name] = parts
        if len(parts) == 1 and parts[0].uri.endswith(f"/{name}"):
            target = layout.uri(request.source.bucket, folder + name)
            files.copy(parts[0].uri, target)
            outputs[name] = [replace(parts[0], uri=target)]
    return replace(outcome, outputs=outputs)


def _part(scored: Scored, name: str) -> Part | None:
    return scored.predictions if name == PREDICTIONS else scored.rejected


def _outcome(
    plan: Plan, chunks: Sequence[Chunk], scored: Sequence[Scored], failed: Sequence[Chunk]
) -> Outcome:
    counts = Counts(
        rows=plan.rows,
        scored=sum(one.predictions.rows for one in scored if one.predictions),
        rejected=sum(one.rejected.rows for one in scored if one.rejected),
        lost=sum(chunk.rows for chunk in failed),
        chunks=len(chunks),
        failed_chunks=len(failed),
    )
    status, reason = _judged(plan, counts)
    return Outcome(status, reason, counts, failed=failed, plan=plan)


def _judged(plan: Plan, counts: Counts) -> tuple[ScoringStatus, str]:
    said = []
    if counts.rejected:
        said.append(f"{counts.rejected:,} of {counts.rows:,} rows do not fit the model")
    if counts.lost:
        said.append(f"{counts.lost} rows are missing: {counts.failed_chunks} chunks failed")
    if not said:
        return ScoringStatus.SUCCEEDED, ""
    tolerated = plan.spec.scoring.tolerated_rejects
    if counts.rejected > tolerated * counts.rows:
        said.append(f"the spec tolerates {tolerated:.4g} of them")
        return ScoringStatus.FAILED, "; ".join(said)
    return ScoringStatus.PARTIAL, "; ".join(said)


def _kept(outcome: Outcome) -> dict[str, Any]:
    """What a later scoring of the same content needs."""
    return {
        "status": outcome.status.value,
        "reason": outcome.reason,
        "counts": asdict(outcome.counts),
        "outputs": {
            name: [asdict(part) for part in parts] for name, parts in outcome.outputs.items()
        },
    }
