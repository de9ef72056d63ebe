"""Two versions' captured answers, brought to units that may be compared.

The unit is the caller (`entity_id`), or the request where no caller is named: a caller's answers
come from one version and hang together, so they count as one (Deng, Lu, Litz, "Trustworthy
analysis of online A/B tests", WSDM 2017). In the shadow both versions answer the same requests, so
they are compared pair by pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.registry.records import Rollout
from perennial.rollout.samples import Difference, Floats, Sample, apart, pairwise

COLUMNS = ("request_id", "entity_id", "role", "rollout_id", "version", "latency_ms", "prediction")
PROBABILITIES = "probabilities"
MOST_ROWS = 1_000_000  # of both versions together; the first of a step decide it


@dataclass(frozen=True, slots=True)
class Answers:
    """What both versions answered in one step.

    Attributes:
        challenger: its rows, with the columns asked for and `unit`.
        champion: those of the champion.
        paired: whether both answered the same rows, in the same order.
        complete: false where there were more rows than are looked at.
    """

    challenger: pa.Table
    champion: pa.Table
    paired: bool
    complete: bool = True

    def compare(
        self, challenger: Floats, champion: Floats, *, prior: float, times: float = 1.0
    ) -> Difference:
        """How far a quantity of the challenger lies above `times` the champion's.

        Args:
            challenger: a value for each row of the challenger; NaN for none.
            champion: the same of the champion.
            prior: a difference that would matter; see `samples.Sample.variance`.
            times: what the champion's values are multiplied with.
        """
        if self.paired:
            differences = challenger - times * champion
            return pairwise(Sample.of(_by_unit(self.challenger, differences)), prior=prior)
        return apart(
            Sample.of(_by_unit(self.challenger, challenger)),
            Sample.of(_by_unit(self.champion, champion)),
            prior=prior,
            times=times,
        )


def answers(rollout: Rollout, batches: Iterable[pa.RecordBatch | pa.Table]) -> Answers:
    """The answers of one step out of captured rows of both versions.

    Args:
        rollout: whose versions, and whose present step says whether they are paired.
        batches: captured rows, with `prediction_id` and all of `COLUMNS` that say whose they are.
    """
    shadowed = rollout.steps[rollout.step].strategy == "shadow"
    taken, complete = _first(batches)
    role = "shadow" if shadowed else "challenger"
    challenger = _of(taken, rollout.version, role, rollout.rollout_id)
    champion = _of(taken, rollout.champion, "champion", rollout.rollout_id)
    if shadowed:
        challenger, champion = _both(challenger, champion)
    return Answers(challenger, champion, shadowed, complete)


def _first(batches: Iterable[pa.RecordBatch | pa.Table]) -> tuple[pa.Table, bool]:
    """As many rows as are looked at, and whether these are all."""
    parts: list[pa.Table] = []
    rows = 0
    for batch in batches:
        part = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
        if rows + part.num_rows > MOST_ROWS:
            parts.append(part.slice(0, MOST_ROWS - rows))
            return pa.concat_tables(parts), False
        parts.append(part)
        rows += part.num_rows
    return (pa.concat_tables(parts) if parts else pa.table({})), True


def _of(rows: pa.Table, version: int, role: str, rollout_id: str) -> pa.Table:
    """The rows that a version answered in a role, each with its unit.

    Only those that count for the rollout: what the champion answered because the challenger could
    not, or for a stream, was not dealt out by chance, and an earlier rollout is another story.
    """
    if not rows.num_rows:
        return rows
    mine = pc.and_(pc.equal(rows["version"], version), pc.equal(rows["role"], role))
    mine = pc.and_(mine, pc.equal(rows["rollout_id"], rollout_id))
    mine = pc.fill_null(mine, False)
    found = rows.filter(mine)
    return found.append_column("unit", pc.coalesce(found["entity_id"], _requests(found)))


def _requests(rows: pa.Table) -> pa.ChunkedArray:
    """The request each row belongs to; a prediction's id is that of its request and its place."""
    if "request_id" in rows.column_names:
        return rows["request_id"]
    return pc.replace_substring_regex(rows["prediction_id"], r"-\d+$", "")


def _both(challenger: pa.Table, champion: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The rows that both answered, in one order."""
    if not challenger.num_rows or not champion.num_rows:
        return challenger.slice(0, 0), champion.slice(0, 0)
    common = pc.is_in(challenger["prediction_id"], champion["prediction_id"])
    challenger = challenger.filter(common).sort_by("prediction_id")
    common = pc.is_in(champion["prediction_id"], challenger["prediction_id"])
    return challenger, champion.filter(common).sort_by("prediction_id")


def _by_unit(rows: pa.Table, values: Floats) -> Floats:
    """The mean of each unit's values; those that are not finite are left out."""
    known = np.isfinite(values)
    if not known.any():
        return np.empty(0)
    units = rows["unit"].combine_chunks().dictionary_encode()
    codes = units.indices.to_numpy(zero_copy_only=False)[known]
    sizes = np.bincount(codes)
    sums = np.bincount(codes, values[known])
    return sums[sizes > 0] / sizes[sizes > 0]


def numbers(rows: pa.Table, column: str) -> Floats:
    """A column of numbers; NaN where there is none, or no such column."""
    if column not in rows.column_names:
        return np.full(rows.num_rows, np.nan)
    whole = rows[column].cast(pa.float64()).combine_chunks()
    return np.asarray(whole.to_numpy(zero_copy_only=False), np.float64)


def probability(rows: pa.Table, label: str) -> Floats:
    """The probability of a label; NaN where there is none."""
    if PROBABILITIES not in rows.column_names or not rows.num_rows:
        return np.full(rows.num_rows, np.nan)
    found = pc.map_lookup(rows[PROBABILITIES].combine_chunks(), pa.scalar(label), "first")
    return np.asarray(found.to_numpy(zero_copy_only=False), np.float64)


def labelled(rows: pa.Table) -> Mapping[str, Floats]:
    """By label, whether each row was given it; NaN for rows without a prediction."""
    texts = rows["prediction"].cast(pa.string()).combine_chunks()
    missing = pc.is_null(texts).to_numpy(zero_copy_only=False)
    found = {}
    for label in pc.unique(texts).drop_null().to_pylist():
        given = pc.fill_null(pc.equal(texts, label), False).to_numpy(zero_copy_only=False)
        found[label] = np.where(missing, np.nan, given)
    return found


def split_requests(both: Answers) -> Iterator[Floats]:
    """Of challenger and champion, which rows are of requests that only that version answered."""
    for mine, other in ((both.challenger, both.champion), (both.champion, both.challenger)):
        if both.paired or not mine.num_rows or not other.num_rows:
            yield np.ones(mine.num_rows, bool)
            continue
        shared = pc.is_in(mine["request_id"], other["request_id"].combine_chunks())
        yield ~np.asarray(shared.to_numpy(), bool)
