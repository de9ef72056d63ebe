"""Captured answers of two versions, made to measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from perennial.rollout.answers import Answers, answers
from perennial.spec import ModelSpec
from perennial.spec.source import parse_spec

from tests.fakes.records import a_rollout

BINARY = """\
name: bank
task: binary
target: y
positive_class: "yes"
features: {age: {type: integer}}
"""
REGRESSION = """\
name: bank
task: regression
target: y
features: {age: {type: integer}}
"""
_SCHEMA = pa.schema(
    [
        ("prediction_id", pa.string()),
        ("request_id", pa.string()),
        ("entity_id", pa.string()),
        ("role", pa.string()),
        ("rollout_id", pa.string()),
        ("version", pa.int32()),
        ("latency_ms", pa.float64()),
        ("probabilities", pa.map_(pa.string(), pa.float64())),
    ]
)


def spec(text: str = BINARY) -> ModelSpec:
    return parse_spec(text)


def rows(
    version: int,
    said: Sequence[Any],
    *,
    role: str | None = None,
    requests: Sequence[str] | None = None,
    entities: Sequence[str | None] | None = None,
    latency: Sequence[float] | float = 10.0,
    outcome: Sequence[Any] | None = None,
) -> pa.Table:
    """Captured rows: `said` holds probabilities of "yes", or estimates of a regression."""
    count = len(said)
    numeric = all(isinstance(one, float) for one in said)
    chances = [one for one in said if isinstance(one, tuple)]
    named = list(requests or [f"v{version}-{place}" for place in range(count)])
    table = pa.table(
        {
            "prediction_id": [f"{name}-{place}" for place, name in enumerate(named)],
            "request_id": named,
            "entity_id": list(entities or [None] * count),
            "role": [role or ("champion" if version == 1 else "challenger")] * count,
            "rollout_id": [a_rollout().rollout_id] * count,
            "version": [version] * count,
            "latency_ms": list(np.broadcast_to(latency, count)),
            "probabilities": [
                [("yes", one[0]), ("no", 1 - one[0])] if isinstance(one, tuple) else None
                for one in said
            ],
        },
        schema=_SCHEMA,
    )
    given = list(said) if numeric or not chances else ["yes" if p >= 0.5 else "no" for (p,) in said]
    kind = pa.float64() if numeric else pa.string()
    table = table.append_column("prediction", pa.array(given, kind))
    return table if outcome is None else table.append_column("outcome", pa.array(outcome))


def chances(*probabilities: float) -> list[tuple[float]]:
    return [(one,) for one in probabilities]


def of(*tables: pa.Table, shadow: bool = False) -> Answers:
    return answers(a_rollout(step=0 if shadow else 1), tables)
