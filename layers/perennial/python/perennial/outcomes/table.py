"""Rows of a file of outcomes, checked a block at a time by the rules of `taking`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.data.columns import Column, ColumnType, Role
from perennial.data.conversion import Converted, convert
from perennial.outcomes import rules
from perennial.outcomes.columns import MOMENT
from perennial.outcomes.rules import ID_LENGTH, LABEL_LENGTH, MEMBERS, Rules

_TIMES = ("predicted_at", "observed_at")
_Reasons = npt.NDArray[np.int64]
REASONS = (  # the place in here, from 1, is what a row's reason is while it is worked on
    rules.NOT_AN_ID,
    rules.NOT_A_TIME,
    rules.IN_THE_FUTURE,
    rules.NAMED_TWICE,
    rules.NOT_NAMED,
    rules.NO_OUTCOME,
    rules.NOT_A_NUMBER,
    rules.NOT_A_LABEL,
    rules.UNKNOWN_LABEL,
    rules.OBSERVED_TOO_EARLY,
)


def file_columns(header: Sequence[str]) -> list[Column]:
    """Those of a file's columns that say something about outcomes, all read as text."""
    return [Column(name, Role.FEATURE, ColumnType.TEXT) for name in MEMBERS if name in header]


def what_is_missing(header: Sequence[str]) -> str | None:
    """Why a file with these columns holds no outcomes, or None."""
    if twice := [name for name in MEMBERS if header.count(name) > 1]:
        return f"the file has the column {twice[0]} more than once: which of them counts?"
    if "outcome" not in header:
        return "the file has no column outcome"
    if "prediction_id" in header or {"entity_id", "predicted_at"} <= set(header):
        return None
    return "the file has no column prediction_id, and not both of entity_id and predicted_at"


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows of a block.

    Attributes:
        taken: rows as they are kept, without `received_at` and `source`.
        refused: places of the others in the block, ascending.
        reasons: why, for each of them.
        new: of those taken, how many bear a label that training never saw.
    """

    taken: pa.Table
    refused: npt.NDArray[np.int64]
    reasons: list[str]
    new: int


def check_table(table: pa.Table, asked: Rules) -> Checked:
    """Check the rows of a block, each for itself.

    Args:
        table: columns of `file_columns`, of whatever type the file has.
        asked: the rules.
    """
    return _Block(table, asked).checked()


class _Block:
    """One block on its way through the checks; the first that fails gives the reason."""

    def __init__(self, table: pa.Table, asked: Rules) -> None:
        self._table = table
        self._asked = asked
        self._reasons: _Reasons = np.zeros(table.num_rows, np.int64)

    def checked(self) -> Checked:
        columns = {name: self._id(name) for name in ("prediction_id", "entity_id")}
        columns |= {name: self._moment(name) for name in _TIMES}
        self._named(columns)
        columns["outcome"] = self._number() if self._asked.number else self._label()
        columns["observed_at"] = self._observed(columns)
        order = ("prediction_id", "entity_id", "predicted_at", "outcome", "observed_at")
        whole = pa.table({name: columns[name] for name in order})
        refused = np.flatnonzero(self._reasons)
        taken = whole.filter(pa.array(self._reasons == 0))
        told = [REASONS[number - 1] for number in self._reasons[refused].tolist()]
        return Checked(taken, refused, told, self._new(taken))

    def _refuse(self, mask: pa.Array, reason: str) -> None:
        wrong = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
        self._reasons[wrong & (self._reasons == 0)] = REASONS.index(reason) + 1

    def _read(self, name: str, kind: ColumnType) -> Converted:
        if name not in self._table.schema.names:
            return convert(pa.nulls(self._table.num_rows), kind)
        column = self._table[name].combine_chunks()
        return convert(column, kind)

    def _id(self, name: str) -> pa.Array:
        read = self._read(name, ColumnType.TEXT)
        for _, misfit in read.misfits:
            self._refuse(misfit, rules.NOT_AN_ID)
        length = pc.utf8_length(read.values)
        outside = pc.or_(pc.equal(length, 0), pc.greater(length, ID_LENGTH))
        self._refuse(outside, rules.NOT_AN_ID)
        return read.values

    def _moment(self, name: str) -> pa.Array:
        read = self._read(name, ColumnType.TIMESTAMP)
        for _, misfit in read.misfits:
            self._refuse(misfit, rules.NOT_A_TIME)
        latest = pa.scalar(self._asked.latest, read.values.type)
        self._refuse(pc.greater(read.values, latest), rules.IN_THE_FUTURE)
        return read.values.cast(MOMENT, safe=False)

    def _named(self, columns: dict[str, pa.Array]) -> None:
        prediction, entity, at = (
            pc.is_valid(columns[name]) for name in ("prediction_id", "entity_id", "predicted_at")
        )
        self._refuse(pc.and_(prediction, pc.or_(entity, at)), rules.NAMED_TWICE)
        self._refuse(pc.and_not(pc.invert(prediction), pc.and_(entity, at)), rules.NOT_NAMED)

    def _number(self) -> pa.Array:
        read = self._read("outcome", ColumnType.NUMBER)
        for _, misfit in read.misfits:
            self._refuse(misfit, rules.NOT_A_NUMBER)
        self._refuse(pc.invert(pc.is_finite(read.values)), rules.NOT_A_NUMBER)
        self._refuse(pc.is_null(read.values), rules.NO_OUTCOME)
        return read.values

    def _label(self) -> pa.Array:
        read = self._read("outcome", ColumnType.CATEGORY)
        for _, misfit in read.misfits:
            self._refuse(misfit, rules.NOT_A_LABEL)
        codes = read.values
        spelt = pa.array(
            [
                None if one is None else self._asked.spelt(one)
                for one in codes.dictionary.to_pylist()
            ],
            pa.string(),
        )
        labels = spelt.take(codes.indices)
        self._refuse(pc.or_kleene(pc.is_null(labels), pc.equal(labels, "")), rules.NO_OUTCOME)
        self._refuse(pc.greater(pc.utf8_length(labels), LABEL_LENGTH), rules.NOT_A_LABEL)
        if self._asked.closed and self._asked.known is not None:
            self._refuse(pc.invert(self._known(labels)), rules.UNKNOWN_LABEL)
        return labels

    def _observed(self, columns: dict[str, pa.Array]) -> pa.Array:
        received = pa.scalar(self._asked.received_at, pa.timestamp("us", tz="UTC"))
        observed = pc.fill_null(columns["observed_at"], received.cast(MOMENT, safe=False))
        self._refuse(pc.less(observed, columns["predicted_at"]), rules.OBSERVED_TOO_EARLY)
        return observed

    def _known(self, labels: pa.Array) -> pa.Array:
        known = sorted(self._asked.known or ())
        return pc.is_in(labels, pa.array(known, pa.string()))

    def _new(self, taken: pa.Table) -> int:
        if self._asked.number or self._asked.known is None:
            return 0
        return int(pc.sum(pc.invert(self._known(taken["outcome"]))).as_py() or 0)
