"""How the truth is kept: a row for each outcome that came in, right or replaced since."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa

from perennial.errors import UnreadableOutcomes
from perennial.outcomes.taking import Outcome
from perennial.spec import ModelSpec, Task

MOMENT = pa.timestamp("ms", tz="UTC")


def outcome_type(spec: ModelSpec) -> pa.DataType:
    """The type of outcomes: a number of a regression, else a label."""
    return pa.float64() if spec.task is Task.REGRESSION else pa.string()


def truth_schema(spec: ModelSpec) -> pa.Schema:
    """The columns of a model's truth."""
    return pa.schema(
        [
            pa.field("prediction_id", pa.string()),
            pa.field("entity_id", pa.string()),
            pa.field("predicted_at", MOMENT),
            pa.field("outcome", outcome_type(spec), nullable=False),
            pa.field("observed_at", MOMENT, nullable=False),
            pa.field("received_at", MOMENT, nullable=False),
            pa.field("source", pa.string(), nullable=False),
        ]
    )


def truth_table(spec: ModelSpec, outcomes: Iterable[tuple[Outcome, datetime, str]]) -> pa.Table:
    """Outcomes as a table; with each of them when it came in, and from where.

    Raises:
        UnreadableOutcomes: one is of another type, as after a change of the spec.
    """
    rows = [
        (one.prediction_id, one.entity_id, one.predicted_at, one.outcome, one.observed_at, at, of)
        for one, at, of in outcomes
    ]
    schema = truth_schema(spec)
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    try:
        arrays = [pa.array(column, each.type) for column, each in zip(columns, schema, strict=True)]
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise UnreadableOutcomes("an outcome is of another type than those of the model") from None
    return pa.table(arrays, schema=schema)
