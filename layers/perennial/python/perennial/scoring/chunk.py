"""Scores one chunk of a file and leaves its predictions and its rejected rows as parts."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from perennial.data.protection import protected_table
from perennial.errors import UnreadableData
from perennial.privacy.deployed import pseudonyms
from perennial.registry.files import Files
from perennial.scoring.model import TableModel
from perennial.scoring.reading import Piece, pieces
from perennial.scoring.records import JSON, PREDICTIONS, REJECTED, Chunk, Part, Plan, Scored
from perennial.scoring.tables import Outputs
from perennial.scoring.writing import TableFile


def result_uri(prefix: str, number: int) -> str:
    """Where a chunk says what came of it, below a scoring's prefix."""
    return f"{prefix}parts/{number:05d}.json"


def score_chunk(plan: Plan, chunk: Chunk, prefix: str, model: TableModel, files: Files) -> Scored:
    """Score a chunk; one that was scored before is left as it is.

    Parts are named after the content they are made from, so that a repeated call writes the
    same bytes to the same place. What a chunk says of itself comes last: where it is, its parts
    are there.

    Args:
        plan: of the file.
        chunk: which rows.
        prefix: of the scoring, as a URI.
        model: the version the plan names.
        files: where everything lies.

    Raises:
        UnreadableData: the chunk is damaged, or not what it was when the file was planned.
        Unavailable: the store does not answer.
    """
    known = earlier(prefix, chunk.number, files)
    if known is not None:
        return known
    started = time.perf_counter()
    with TemporaryDirectory(prefix="perennial-") as name:
        rows, parts = _scored(plan, chunk, prefix, model, files, Path(name))
    if rows != chunk.rows:
        raise UnreadableData(
            f"the rows from {chunk.first_row} on cannot be counted: the plan has {chunk.rows}, "
            f"reading finds {rows}; are there line breaks or quotes inside of values?"
        )
    seconds = round(time.perf_counter() - started, 3)
    scored = Scored(chunk.number, rows, parts[PREDICTIONS], parts[REJECTED], seconds)
    body = json.dumps(scored.to_json()).encode()
    files.write(result_uri(prefix, chunk.number), body, JSON)
    return scored


def _protected(piece: Piece, plan: Plan, model: TableModel) -> Piece:
    """Rows with pseudonyms where the model learned from them, and where results name persons."""
    columns = set(model.pseudonymised)
    if plan.id_column in plan.spec.privacy.pseudonymised:
        columns.add(plan.id_column)
    if not columns:
        return piece
    return replace(piece, table=protected_table(piece.table, sorted(columns), pseudonyms()))


def earlier(prefix: str, number: int, files: Files) -> Scored | None:
    """What an earlier call made of a chunk, if it came to its end."""
    try:
        return Scored.from_json(json.loads(files.read(result_uri(prefix, number))))
    except FileNotFoundError:
        return None


def _scored(
    plan: Plan, chunk: Chunk, prefix: str, model: TableModel, files: Files, folder: Path
) -> tuple[int, dict[str, Part | None]]:
    outputs, form = Outputs(plan), plan.output_format
    kept = TableFile(folder / PREDICTIONS, outputs.predictions, form)
    left = TableFile(folder / REJECTED, outputs.rejected, form)
    rows = 0
    with kept, left:
        for piece in pieces(plan, chunk, model.features, files, folder):
            piece = _protected(piece, plan, model)
            checked = model.check(piece.table)
            unanswered = np.zeros(checked.rows, np.bool_)
            for predicted in outputs.predicted(piece, checked, model, unanswered):
                kept.add(predicted)
            left.add(outputs.refused(piece, checked.without(unanswered, model.no_answer)))
            rows += piece.rows
    name = f"{prefix}parts/{chunk.number:05d}-"
    return rows, {
        kind: table.store(files, f"{name}{kind}.{form.value}")
        for kind, table in ((PREDICTIONS, kept), (REJECTED, left))
    }
