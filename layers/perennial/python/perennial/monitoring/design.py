"""Rows as columns of numbers that a linear classifier learns from, products of pairs included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.monitoring.numbers import as_floats
from perennial.monitoring.special import normal_quantile

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
_KNOTS = 64  # quantiles that numbers are ranked by
_LABELS = 20  # most frequent ones that get a column
_PAIRED_LABELS = 3  # of them those whose columns are paired with others
_CONSTANT = 1e-9  # standard deviation below which a column says nothing
_FEATURES = 200  # at most
_PAIRS = 400  # at most, the first features first


@dataclass(frozen=True, slots=True)
class Numbers:
    """A feature of numbers [rows]; NaN is missing."""

    values: Floats


@dataclass(frozen=True, slots=True)
class Labels:
    """A feature of labels as codes [rows]; -1 is missing."""

    codes: Integers


Column = Numbers | Labels


@dataclass(frozen=True, slots=True)
class Design:
    """The features of both samples, one below the other: numbers, or codes of labels."""

    rows: int
    features: tuple[Column, ...]

    @classmethod
    def of(cls, reference: pa.Table, current: pa.Table) -> Design:
        """Features of the same names in both tables; those of differing types are left out."""
        found = []
        for name in reference.column_names[:_FEATURES]:
            both = _stacked(reference.column(name), current.column(name))
            if both is not None:
                found.append(both)
        return cls(reference.num_rows + current.num_rows, tuple(found))

    def columns(self, learnt: Truths) -> tuple[Singles, Singles]:
        """Standardised columns of the rows learnt and of the others [rows, columns].

        Everything about them is from the rows learnt.
        """
        singles: list[Floats] = []
        paired: list[Floats] = []
        for feature in self.features:
            if isinstance(feature, Numbers):
                score = _scored(feature.values, learnt)
                singles += [score, np.isnan(feature.values).astype(np.float64)]
                paired.append(score)
            else:
                labels = _indicators(feature.codes, learnt)
                singles += labels
                paired += labels[:_PAIRED_LABELS]
        return _standardised([*singles, *_products(paired, learnt)], learnt)


def _stacked(reference: pa.ChunkedArray, current: pa.ChunkedArray) -> Column | None:
    first, second = (column.combine_chunks() for column in (reference, current))
    numbers = [found for one in (first, second) if (found := as_floats(one)) is not None]
    if len(numbers) == 2:
        both = np.concatenate(numbers)
        both[~np.isfinite(both)] = np.nan
        return Numbers(both)
    texts = [found for one in (first, second) if (found := _texts(one)) is not None]
    if len(texts) < 2:
        return None
    coded = pa.concat_arrays(texts).dictionary_encode().indices.fill_null(-1)
    return Labels(coded.to_numpy(zero_copy_only=False).astype(np.int64))


def _texts(column: pa.Array) -> pa.Array | None:
    kind = column.type
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "true", "false")
    labels = pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_dictionary(kind)
    return column.cast(pa.string()) if labels or pa.types.is_null(kind) else None


def _scored(values: Floats, learnt: Truths) -> Floats:
    """Normal scores of the ranks among the rows learnt; 0, the middle, where missing."""
    known = values[learnt & ~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values))
    knots = np.quantile(known / 2, np.linspace(0, 1, _KNOTS + 1)[1:-1]) * 2
    scores = np.array([normal_quantile(rank / (2 * _KNOTS)) for rank in range(1, 2 * _KNOTS)])
    # On a knot, as the values of a column of few ones are, the middle between both sides.
    places = np.searchsorted(knots, values, "left") + np.searchsorted(knots, values, "right")
    found: Floats = scores[np.minimum(places, len(scores) - 1)]
    found[np.isnan(values)] = 0.0
    return found


def _indicators(codes: Integers, learnt: Truths) -> list[Floats]:
    """A column for missing labels and for each of the most frequent ones, those first."""
    counts = np.bincount(codes[learnt] + 1, minlength=2)
    order = np.argsort(-counts, kind="stable")[:_LABELS]
    return [(codes + 1 == code).astype(np.float64) for code in order.tolist() if counts[code]]


def _products(columns: Sequence[Floats], learnt: Truths) -> list[Floats]:
    """Products of pairs and squares: what tells that features no longer go together."""
    centred = [column - column[learnt].mean() for column in columns]
    squares = [column * column for column in centred]
    pairs = sorted(combinations(range(len(centred)), 2), key=lambda pair: (pair[1], pair[0]))
    return [*squares, *(centred[a] * centred[b] for a, b in pairs[:_PAIRS])]


def _standardised(columns: Sequence[Floats], learnt: Truths) -> tuple[Singles, Singles]:
    known: list[Singles] = []
    asked: list[Singles] = []
    for column in columns:
        mine = column[learnt]
        spread = float(mine.std())
        if spread > _CONSTANT:
            mean = float(mine.mean())
            known.append(((mine - mean) / spread).astype(np.float32))
            asked.append(((column[~learnt] - mean) / spread).astype(np.float32))
    if not known:
        rows = int(learnt.sum())
        return np.zeros((rows, 0), np.float32), np.zeros((len(learnt) - rows, 0), np.float32)
    return np.stack(known, axis=1), np.stack(asked, axis=1)
