"""The tables that come of scoring: predictions, and rows that were rejected with the reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.data.columns import ColumnType
from perennial.data.conversion import convert
from perennial.data.sniffing import Format
from perennial.scoring.checks import Checked, Fault, Mask, Numbers
from perennial.scoring.model import TableModel
from perennial.scoring.reading import Piece, Ragged
from perennial.scoring.records import Plan
from perennial.scoring.vectorised import Scores

_ROW, _LINE, _REASONS = pa.field("row", pa.int64()), pa.field("line", pa.int64()), "reasons"
_SEPARATOR = "; "


class Outputs:
    """The form of what comes of a file: the same for each of its chunks."""

    def __init__(self, plan: Plan) -> None:
        """Args: plan: of the file."""
        self._plan = plan
        outcome = pa.float64() if plan.classes is None else pa.string()
        labels = plan.classes or ()
        own = [pa.field("prediction", outcome)]
        own += [pa.field(f"probability_{label}", pa.float64()) for label in labels]
        own.append(pa.field("version", pa.int32()))
        taken = {_ROW.name, _LINE.name, _REASONS, *(field.name for field in own)}
        name = plan.id_column
        while name in taken:
            name = f"{name}_"
        carried = [] if name is None else [pa.field(name, pa.string())]
        lines = [_LINE] if plan.input_format is Format.CSV else []
        self.predictions = pa.schema([_ROW, *carried, *own])
        self.rejected = pa.schema([_ROW, *lines, *carried, pa.field(_REASONS, pa.string())])

    def predicted(
        self, piece: Piece, checked: Checked, model: TableModel, unanswered: Mask
    ) -> Iterator[pa.Table]:
        """The predictions of the rows that fit, as many at a time as the model takes at once.

        Args:
            piece: the rows.
            checked: the same, encoded.
            model: answers.
            unanswered: by row of the piece; set where the model has no answer to a row that fits.
        """
        refused = checked.refused
        places = np.arange(checked.rows) if refused is None else np.flatnonzero(~refused)
        for start in range(0, len(places), model.most_rows):
            here = slice(start, start + model.most_rows)
            taken = places[here]
            scores = model.scores(checked.codes(here if refused is None else taken))
            if not np.isfinite(scores).all():
                answered = np.isfinite(scores).all(axis=1)
                unanswered[taken[~answered]] = True
                taken, scores = taken[answered], scores[answered]
            yield self._predicted(piece, taken, scores, model)

    def _predicted(
        self, piece: Piece, places: Numbers, scores: Scores, model: TableModel
    ) -> pa.Table:
        columns = [pa.array(piece.numbers[places])]
        columns += [ids.take(pa.array(places)) for ids in self._ids(piece.table)]
        columns.append(model.predictions(scores, piece.table, places))
        columns += _probabilities(scores) if self._plan.classes is not None else []
        version = pa.scalar(self._plan.version.number, pa.int32())
        columns.append(pa.repeat(version, len(scores)))
        return pa.Table.from_arrays(columns, schema=self.predictions)

    def refused(self, piece: Piece, checked: Checked) -> pa.Table | None:
        """The rows that do not fit, in the order of the file, and why; None when all do."""
        tables, refused = [], checked.refused
        if refused is not None:
            tables.append(self._unfit(piece, checked.faults, refused))
        if piece.ragged is not None:
            tables.append(self._ragged(piece, piece.ragged))
        if not tables:
            return None
        return pa.concat_tables(tables).sort_by(_ROW.name)

    def _unfit(self, piece: Piece, faults: Sequence[Fault], refused: Mask) -> pa.Table:
        places = np.flatnonzero(refused)
        columns = [pa.array(piece.numbers[places])]
        if piece.lines is not None:
            columns.append(pa.array([piece.lines.of(int(place)) for place in places], pa.int64()))
        columns += self._ids(piece.table.take(pa.array(places)))
        columns.append(_reasons(faults, places))
        return pa.Table.from_arrays(columns, schema=self.rejected)

    def _ragged(self, piece: Piece, ragged: Ragged) -> pa.Table:
        lines = sorted(piece.lines.skipped) if piece.lines is not None else []
        told = [
            f"has {count} values; expected {ragged.expected}, as in the header"
            for count in ragged.values
        ]
        columns = [pa.array(ragged.numbers), pa.array(lines, pa.int64())]
        columns += [pa.nulls(len(told), pa.string())] * (len(self.rejected) - 3)
        return pa.Table.from_arrays([*columns, pa.array(told)], schema=self.rejected)

    def _ids(self, table: pa.Table) -> list[pa.Array]:
        if self._plan.id_column is None:
            return []
        column = table.column(self._plan.id_column).combine_chunks()
        return [convert(column, ColumnType.TEXT).values]


def _probabilities(scores: Scores) -> list[pa.Array]:
    return [pa.array(np.ascontiguousarray(scores[:, place])) for place in range(scores.shape[1])]


def _reasons(faults: Sequence[Fault], places: Numbers) -> pa.Array:
    """What is wrong with each of the rows, as one text."""
    said = [
        pc.if_else(
            pa.array(fault.rows[places]),
            pa.scalar(f"{fault.feature} {fault.reason}".lstrip()),
            pa.scalar(None, pa.string()),
        )
        for fault in faults
    ]
    return pc.binary_join_element_wise(*said, _SEPARATOR, null_handling="skip")
