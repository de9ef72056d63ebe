"""The held-out rows of a version, answered once more: for its slices and for its explanation."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from perennial.card.hidden import hidden
from perennial.card.record import Slice, Slices
from perennial.evaluation import inputs
from perennial.evaluation.measures import Outcome, values
from perennial.evaluation.outcomes import outcome
from perennial.evaluation.scoring import EngineScorer
from perennial.evaluation.slices import members, part, reached
from perennial.evaluation.subject import scored
from perennial.registry.objects import ObjectStore
from perennial.spec import FeatureType, ModelSpec

ROWS = 50_000  # of the holdout at most: a slice of one percent of them has 500
SHOWN = 10  # slices
SLICED = {FeatureType.CATEGORY, FeatureType.BOOLEAN, FeatureType.INTEGER, FeatureType.NUMBER}


@dataclass(frozen=True, slots=True)
class Holdout:
    """Some of the held-out rows a version answers, and what it says of them."""

    rows: pa.Table
    outcome: Outcome


def read_holdout(
    uri: str, spec: ModelSpec, scorer: EngineScorer, store: ObjectStore, seed: int
) -> Holdout:
    """Read and answer the held-out rows, an even sample of very many.

    Raises:
        ArtifactError: the run left none.
        ValueError: the version does not predict what the spec asks for.
        Unavailable: the store does not answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "holdout.parquet"
        with inputs.expected(uri):
            store.download(uri, path)
        total = pq.read_metadata(path).num_rows
        chosen = _sample(total, seed)
        parts, start = [], 0
        for batch in inputs.batches(path):
            here = chosen[(chosen >= start) & (chosen < start + batch.num_rows)] - start
            parts.append(batch.take(pa.array(here)))
            start += batch.num_rows
        rows = pa.Table.from_batches(parts).combine_chunks()
        sample = Path(folder) / "sample.parquet"
        pq.write_table(rows, sample)
        truth, found = inputs.truth_of(spec, sample), scored(scorer, sample)
    answered = found.answerable
    return Holdout(rows.filter(pa.array(answered)), outcome(spec, truth, found, answered))


def _sample(total: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if total <= ROWS:
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).choice(total, ROWS, replace=False))


def slices_of(spec: ModelSpec, found: Holdout, seed: int) -> Slices | None:
    """The worst slices by columns anybody may see; None where no slice is large enough."""
    primary, task = spec.primary, spec.task
    whole = values(task, found.outcome).get(primary.value)
    hides = hidden(spec)
    looked_at = [
        (name, label, places)
        for name, feature in spec.features.items()
        if name not in hides and feature.type in SLICED
        for label, places in members(found.rows.column(name).combine_chunks())
    ]
    told = []
    for name, label, places in looked_at:
        value, bounds = reached(
            task, primary, part(found.outcome, places), seed=seed, slices=len(looked_at)
        )
        if value is None or whole is None:
            continue
        higher = primary.higher_is_better
        worse = bounds is not None and (bounds.high < whole if higher else bounds.low > whole)
        told.append(
            Slice(
                column=name,
                value=label,
                rows=len(places),
                reached=value,
                interval=bounds,
                worse=worse,
            )
        )
    if not told:
        return None
    sign = -1 if primary.higher_is_better else 1
    ordered = sorted(told, key=lambda one: (not one.worse, -sign * one.reached))
    return Slices(rows=found.rows.num_rows, looked_at=len(looked_at), worst=tuple(ordered[:SHOWN]))


def requests_of(found: Holdout, spec: ModelSpec, most: int) -> list[Mapping[str, object]]:
    """Some of the rows as a caller of the endpoint would send them, evenly over the holdout."""
    names = list(spec.features)
    every = max(1, found.rows.num_rows // most)
    places = pa.array(range(0, found.rows.num_rows, every))
    rows = pc.take(found.rows.select(names), places).slice(0, most).to_pylist()
    return [{name: _sent(value) for name, value in row.items()} for row in rows]


def _sent(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
