"""Groups of people: which rows belong together by one column, or by several crossed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.evaluation.measure import Floats, Integers
from perennial.report import short
from perennial.spec import ModelSpec

FEW_VALUES = 10  # a column of numbers with no more values than this is not cut
MOST_GROUPS = 200  # of one grouping; beyond, nobody reads them and no interval says anything
MISSING = "no value"


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows by group; a missing value makes a group of its own.

    Attributes:
        columns: that make the groups.
        labels: of each group, one for each column.
        codes: which group each row belongs to, [rows].
        note: how the groups came about, where that needs to be told.
    """

    columns: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    codes: Integers
    note: str = ""

    @property
    def sizes(self) -> Integers:
        """Rows of each group."""
        return np.bincount(self.codes, minlength=len(self.labels))

    def renamed(self, place: int, names: dict[str, str]) -> Groups:
        """The same with other labels for one of the columns."""
        labels = tuple(
            (*group[:place], names.get(group[place], group[place]), *group[place + 1 :])
            for group in self.labels
        )
        return Groups(self.columns, labels, self.codes, self.note)


def groupings(spec: ModelSpec, rows: pa.Table) -> list[Groups]:
    """Every column of the spec's section on fairness alone, then those that are crossed.

    Args:
        spec: of the model.
        rows: with a column for each of them.
    """
    single = [groups_by(spec, name, rows.column(name)) for name in spec.fairness.columns]
    found = [spoken_of(spec, one) for one in single]
    for depth in range(2, spec.fairness.intersections + 1):
        found += [crossed(some) for some in combinations(found[: len(single)], depth)]
    return found


def groups_by(spec: ModelSpec, name: str, column: pa.ChunkedArray) -> Groups:
    """The groups of one column, by their true names: labels, or intervals of numbers."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    edges = spec.fairness.bins.get(name)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _of_numbers(name, column, edges)
    return _of_labels(name, column)


def _of_labels(name: str, column: pa.ChunkedArray) -> Groups:
    if pa.types.is_boolean(column.type):
        column = pc.if_else(column, "true", "false")
    texts = column.cast(pa.string()).combine_chunks().dictionary_encode()
    known = texts.dictionary.to_pylist()
    order = sorted(range(len(known)), key=known.__getitem__)
    places = np.empty(len(known) + 1, np.int64)
    places[order] = np.arange(len(known))
    places[-1] = len(known)
    codes = texts.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
    return _occurring(name, [known[one] for one in order], places[codes])


def _of_numbers(name: str, column: pa.ChunkedArray, edges: tuple[float, ...] | None) -> Groups:
    values = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    missing, note = np.isnan(values), ""
    if edges is None:
        different = np.unique(values[~missing])
        if len(different) <= FEW_VALUES:
            codes = np.searchsorted(different, values)
            names = [f"{one:.15g}" for one in different.tolist()]
            return _occurring(name, names, np.where(missing, len(names), codes))
        edges = quartiles(values[~missing])
        note = f"{name} has many values and is cut at its quartiles; fairness.bins says where else"
    codes = np.searchsorted(np.array(edges), values, side="right")
    found = _occurring(name, _intervals(edges), np.where(missing, len(edges) + 1, codes))
    return Groups(found.columns, found.labels, found.codes, note)


def quartiles(values: Floats) -> tuple[float, ...]:
    """Where a quarter, half and three quarters of the values lie below; fewer where they repeat.

    Where three quarters are all the least value, the others are cut off from it.
    """
    found = np.unique(np.quantile(values, [0.25, 0.5, 0.75], method="higher"))
    above = values[values > values.min()]
    return tuple(one for one in found.tolist() if one > values.min()) or (float(above.min()),)


def _intervals(edges: tuple[float, ...]) -> list[str]:
    inner = [f"{short(low)} to {short(high)}" for low, high in pairwise(edges)]
    return [f"below {short(edges[0])}", *inner, f"{short(edges[-1])} and above"]


def _occurring(name: str, known: list[str], codes: Integers) -> Groups:
    """The groups that have rows; the code after all others is of those without a value."""
    labels = [*known, MISSING]
    used = np.flatnonzero(np.bincount(codes, minlength=len(labels)))
    places = np.zeros(len(labels), np.int64)
    places[used] = np.arange(len(used))
    return Groups((name,), tuple((labels[one],) for one in used), places[codes])


def spoken_of(spec: ModelSpec, groups: Groups) -> Groups:
    """The groups by the names a report may use: of a sensitive column, numbers by size."""
    (name,) = groups.columns
    open_to_all = name in spec.features and name not in spec.sensitive
    if open_to_all or spec.fairness.show_groups:
        return groups
    by_size = np.argsort(-groups.sizes, kind="stable")
    given = [groups.labels[one][0] for one in by_size if groups.labels[one][0] != MISSING]
    return groups.renamed(0, {label: f"group {place}" for place, label in enumerate(given, 1)})


def crossed(some: tuple[Groups, ...]) -> Groups:
    """The intersections that have rows."""
    whole = some[0].codes.copy()
    for one in some[1:]:
        whole = whole * len(one.labels) + one.codes
    used, codes = np.unique(whole, return_inverse=True)
    sizes = [len(one.labels) for one in some]
    labels = []
    for combination in used.tolist():
        places = []
        for size in reversed(sizes):
            combination, place = divmod(combination, size)
            places.append(place)
        named = zip(some, reversed(places), strict=True)
        labels.append(tuple(one.labels[place][0] for one, place in named))
    columns = tuple(one.columns[0] for one in some)
    note = "; ".join(one.note for one in some if one.note)
    return Groups(columns, tuple(labels), codes.reshape(-1).astype(np.int64), note)
