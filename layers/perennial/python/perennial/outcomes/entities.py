"""Outcomes of entities: each belongs to the last prediction about it at or before its time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.outcomes.index import Rows, hashes, rows_of

_Words = npt.NDArray[np.uint64]
_Ticks = npt.NDArray[np.int64]
_NEVER = np.iinfo(np.int64).min


class Entities:
    """Outcomes that name whom they are about and when, until their predictions are found."""

    def __init__(self) -> None:
        self._parts: list[tuple[_Words, _Ticks, _Ticks, _Ticks, _Ticks]] = []

    def add(
        self, ids: pa.Array, at: _Ticks, observed: _Ticks, received: _Ticks, values: _Ticks
    ) -> None:
        """Take outcomes.

        Args:
            ids: of the entities.
            at: when they were predicted, or later; milliseconds since the epoch.
            observed: when they were known, likewise.
            received: when they came in, likewise.
            values: as `Index.encoded`.
        """
        self._parts.append((hashes(ids), at, observed, received, values))

    def __bool__(self) -> bool:
        return bool(self._parts)

    def resolved(self, predictions: Iterable[pa.RecordBatch]) -> tuple[Rows, _Ticks]:
        """The outcomes with their predictions, and when those came in that have none.

        Of several predictions about an entity at the same moment, the one whose hash is
        greatest is taken: always the same, and no better than another.

        Args:
            predictions: all that may be meant, in any order: `prediction_id`, `predicted_at`,
                `entity_id`.
        """
        parts = zip(*self._parts, strict=True)
        entities, at, observed, received, values = (np.concatenate(part) for part in parts)
        order = np.lexsort((at, entities))
        entities, at = entities[order], at[order]
        best, keys = self._last(entities, at, predictions)
        found = best != _NEVER
        chosen = order[found]
        rows = rows_of(keys[found], observed[chosen], received[chosen], values[chosen])
        return rows, received[order[~found]]

    def _last(
        self, entities: _Words, at: _Ticks, predictions: Iterable[pa.RecordBatch]
    ) -> tuple[_Ticks, _Words]:
        """Time and hash of the last prediction before each outcome, sorted by entity and time.

        A prediction is put to the first outcome that may mean it; it is handed on to the later
        ones of the entity at the end.
        """
        best = np.full(len(at), _NEVER)
        keys = np.zeros(len(at), np.uint64)
        distinct, starts = np.unique(entities, return_index=True)
        ends = np.append(starts[1:], len(entities))
        for batch in predictions:
            batch = batch.filter(batch.column("entity_id").is_valid())
            whom = hashes(batch.column("entity_id"))
            places = np.minimum(np.searchsorted(distinct, whom), len(distinct) - 1)
            ours = np.flatnonzero(distinct[places] == whom)
            if not len(ours):
                continue
            part = batch.take(pa.array(ours))
            when = part.column("predicted_at").cast(pa.int64()).to_numpy()
            group = places[ours]
            first = _first_not_before(at, starts[group], ends[group], when)
            _improve(best, keys, first, when, hashes(part.column("prediction_id")), ends[group])
        _hand_on(best, keys, entities)
        return best, keys


def _first_not_before(
    at: _Ticks, low: npt.NDArray[np.intp], high: npt.NDArray[np.intp], when: _Ticks
) -> npt.NDArray[np.intp]:
    """Of each stretch of ascending times, the first place not before a moment: all at once."""
    low, high = low.copy(), high.copy()
    while np.any(open_ := low < high):
        middle = (low + high) // 2
        before = open_ & (at[np.minimum(middle, len(at) - 1)] < when)
        low = np.where(before, middle + 1, low)
        high = np.where(open_ & ~before, middle, high)
    return low


def _improve(
    best: _Ticks,
    keys: _Words,
    places: npt.NDArray[np.intp],
    when: _Ticks,
    ids: _Words,
    ends: npt.NDArray[np.intp],
) -> None:
    """Keep the latest prediction at each place, those already there included."""
    inside = places < ends
    places, when, ids = places[inside], when[inside], ids[inside]
    order = np.lexsort((ids, when, places))
    last = np.append(places[order][1:] != places[order][:-1], True) if len(order) else order == 0
    chosen = order[last]
    places, when, ids = places[chosen], when[chosen], ids[chosen]
    better = (when > best[places]) | ((when == best[places]) & (ids > keys[places]))
    best[places[better]] = when[better]
    keys[places[better]] = ids[better]


def _hand_on(best: _Ticks, keys: _Words, entities: _Words) -> None:
    """Give each outcome without a prediction of its own that of the one before, of its entity."""
    own = np.where(best != _NEVER, np.arange(len(best)), -1)
    last = np.maximum.accumulate(own) if len(own) else own
    from_same = (last >= 0) & (entities[np.maximum(last, 0)] == entities)
    taken = np.where(from_same, last, np.arange(len(best)))
    best[:], keys[:] = best[taken], keys[taken]
