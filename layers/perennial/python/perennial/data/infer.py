"""A first spec from a data file: what its columns are, and which of them need a second look."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from perennial.data import suspicion
from perennial.data.association import MEASURE
from perennial.data.columns import Column, ColumnType, Role
from perennial.data.guess import Guess, guess
from perennial.data.problems import Problems, Severity
from perennial.data.source import Source, SourceFacts
from perennial.data.spec_draft import Draft, DraftFeature, Leak
from perennial.data.spec_text import render_spec
from perennial.errors import DataRejected
from perennial.labels import canonical
from perennial.report import short
from perennial.spec import FeatureType, Task

__all__ = ["infer", "render_spec"]

MAXIMUM_ROWS = 200_000  # looked at
_MOST_LISTED = 60  # categories written into the spec
_MOST_CLASSES = 30  # of a target
_MOST_CATEGORIES = 1_000  # of a feature
_POSITIVE = ("1", "yes", "true", "y", "t", "positive", "malignant", "bad", "fraud", "default")


def infer(stream: BinaryIO, name: str, target: str) -> Draft:
    """Read the first rows of a file and draft a spec for predicting `target`.

    Args:
        stream: the file's bytes.
        name: what the file is called.
        target: the column to predict.

    Raises:
        UnreadableData: it is no file that can be read.
        DataRejected: there is no such target, or nothing can be learned from the file.
    """
    columns, facts = _read(stream, name, target)
    guesses = {column: guess(column, texts) for column, texts in columns.items()}
    goal = guesses.pop(target)
    task, positive = _task(goal)
    return _draft(goal, task, positive, list(guesses.values()), facts)


def _read(stream: BinaryIO, name: str, target: str) -> tuple[dict[str, pa.Array], SourceFacts]:
    """The first rows, every column as text."""
    problems = Problems()
    with TemporaryDirectory(prefix="perennial-") as folder:
        source = Source(stream, name, [target], Path(folder) / "source.parquet")
        _check(source.header, target)
        wanted = [Column(column, Role.FEATURE, ColumnType.TEXT) for column in source.header]
        tables, rows = [], 0
        for chunk in source.chunks(wanted, (), problems):
            tables.append(_as_text(chunk.table))
            rows += chunk.table.num_rows
            if rows >= MAXIMUM_ROWS:
                break
        facts = source.facts()
    errors = problems.of(Severity.ERROR)
    if errors:
        raise DataRejected(errors[0].message)
    if rows < 2:
        raise DataRejected(f"{rows} rows of data; there is nothing to learn from")
    table = pa.concat_tables(tables).slice(0, MAXIMUM_ROWS).combine_chunks()
    return {column: table.column(column).chunk(0) for column in source.header}, facts


def _as_text(table: pa.Table) -> pa.Table:
    """Truth values and numbers of a Parquet file as they would stand in a CSV file."""
    return pa.table({name: _text_of(table.column(name)) for name in table.column_names})


def _text_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = pc.cast(column, kind.value_type)
    if pa.types.is_timestamp(kind):
        return pc.strftime(column, "%Y-%m-%dT%H:%M:%S").cast(pa.string())
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataRejected(f"a column of type {kind} is no value a model can take") from error


def _check(header: Sequence[str], target: str) -> None:
    if target not in header:
        near = difflib.get_close_matches(target, header, n=1, cutoff=0.5)
        meant = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(header)}"
        raise DataRejected(f"the file has no column {target!r}; {meant}")
    twice = {column for column in header if header.count(column) > 1}
    if twice:
        raise DataRejected(f"the header names {', '.join(sorted(twice))} more than once")
    if len(header) < 2:
        raise DataRejected("the file has no column besides the target")


def _task(target: Guess) -> tuple[Task, str | None]:
    """What kind of prediction a target asks for, and the class that is likely meant as positive.

    Raises:
        DataRejected: the target has no or one value only, or is free text.
    """
    counts = (
        {
            canonical(one["values"].as_py()): one["counts"].as_py()
            for one in pc.value_counts(target.texts.drop_null())
        }
        if target.distinct <= _MOST_CLASSES * 2
        else {}
    )
    if target.distinct < 2:
        raise DataRejected(f"the target {target.name!r} has the same value in every row")
    if len(counts) == 2:
        named = [label for label in counts if label.lower() in _POSITIVE]
        return Task.BINARY, named[0] if len(named) == 1 else min(counts, key=lambda c: counts[c])
    if target.type is ColumnType.NUMBER and not target.misfits:
        return Task.REGRESSION, None
    if target.type is ColumnType.INTEGER and target.distinct > 10:
        return Task.REGRESSION, None
    if target.distinct <= _MOST_CLASSES:
        return Task.MULTICLASS, None
    raise DataRejected(
        f"the target {target.name!r} has {target.distinct} different texts; "
        "that is neither a class nor a number"
    )


def _draft(
    target: Guess, task: Task, positive: str | None, columns: list[Guess], facts: SourceFacts
) -> Draft:
    excluded = {column.name: why for column in columns if (why := _useless(column))}
    rest = [column for column in columns if column.name not in excluded]
    identifier = next((column for column in rest if suspicion.identifies(column)), None)
    time = _time(rest)
    rest = [column for column in rest if column not in (identifier, time)]
    excluded |= {column.name: why for column in rest if (why := _no_feature(column))}
    candidates = [column for column in rest if column.name not in excluded]
    leaks = _leaks(candidates, target, task)
    excluded |= {leak.column: leak.why for leak in leaks if leak.certain}
    hints = {leak.column: leak.why for leak in leaks if not leak.certain}
    return Draft(
        target=target.name,
        task=task,
        positive_class=positive,
        id_column=identifier.name if identifier else None,
        time_column=time.name if time else None,
        rows_in_order_of_time=time is not None and suspicion.is_sorted(time),
        features=tuple(
            _feature(column, hints.get(column.name))
            for column in candidates
            if column.name not in excluded
        ),
        excluded=excluded,
        sensitive=tuple(c.name for c in columns if suspicion.looks_sensitive(c.name)),
        markers=tuple(dict.fromkeys(m for c in [target, *candidates] for m in c.markers)),
        rows=target.rows,
        facts=facts,
    )


def _useless(column: Guess) -> str | None:
    if column.nulls == column.rows:
        return "has no value in any row"
    if column.distinct == 1 and not column.nulls:
        return "has the same value in every row"
    return None


def _no_feature(column: Guess) -> str | None:
    if column.type is not ColumnType.CATEGORY:
        return None
    if suspicion.identifies(column):
        return "tells rows apart: another identifier"
    if column.distinct > _MOST_CATEGORIES or column.distinct > 0.5 * column.rows:
        return f"has {column.distinct} different texts: an identifier, or free text (type: text)"
    return None


def _time(columns: Iterable[Guess]) -> Guess | None:
    """The column of times that most likely orders the rows."""
    times = [column for column in columns if suspicion.tells_time(column)]
    times.sort(key=lambda c: (not suspicion.is_sorted(c), not suspicion.looks_like_time(c.name)))
    return times[0] if times else None


def _leaks(columns: Sequence[Guess], target: Guess, task: Task) -> list[Leak]:
    found = suspicion.strengths(columns, target, task)
    told = f"alone predicts the target with a {MEASURE[task]} of"
    leaks = [
        Leak(name, f"{told} {short(value, 3)}: is it known before the target is?", True)
        for name, value in suspicion.leaks(found, task).items()
    ]
    parts = suspicion.sums_to(columns, target)
    if parts is not None:
        other = dict(zip(parts, reversed(parts), strict=True))
        leaks += [
            Leak(name, f"adds up to the target with {other[name]} in every row", True)
            for name in parts
            if name not in {leak.column for leak in leaks}
        ]
    known = {leak.column for leak in leaks}
    leaks += [
        Leak(name, f"{told} {short(value, 3)}: make sure it is known before the target is", False)
        for name, value in suspicion.strong(found, task).items()
        if name not in known
    ]
    return leaks


def _feature(column: Guess, hint: str | None) -> DraftFeature:
    minimum = maximum = None
    seen = ""
    categories = None
    hints = [hint] if hint else []
    kind = ColumnType.CATEGORY if suspicion.is_flag(column) else column.type
    if kind in (ColumnType.NUMBER, ColumnType.INTEGER):
        extremes = pc.min_max(column.values).as_py()
        low, high = float(extremes["min"]), float(extremes["max"])
        minimum, maximum = _limits(low, high)
        seen = f"seen {short(low)} to {short(high)}"
        if kind is ColumnType.INTEGER and 2 <= column.distinct <= 12 < column.rows / 10:
            hints.append(f"has {column.distinct} different values; if they are codes: category")
    if kind is not column.type:
        hints.append("is 0 or 1; if callers send true and false: boolean, if it counts: integer")
    if kind is ColumnType.CATEGORY:
        labels = sorted(
            {canonical(text) for text in pc.unique(column.texts.drop_null()).to_pylist()}
        )
        categories = tuple(labels) if len(labels) <= _MOST_LISTED else None
        if categories is None:
            hints.append(f"has {len(labels)} categories: the training data decides which are known")
    if column.misfits:
        values = "1 value" if column.misfits == 1 else f"{column.misfits} values"
        hints.append(f"has {values} of another type, which would be rejected")
    return DraftFeature(
        name=column.name,
        type=FeatureType(kind.value),
        nullable=column.nulls > 0,
        minimum=minimum,
        maximum=maximum,
        categories=categories,
        seen=seen,
        hints=tuple(hints),
    )


def _limits(low: float, high: float) -> tuple[float, float]:
    """Limits with room on both sides: as far again as the data reaches, to a round number."""
    span = high - low or max(abs(high), 1.0)
    minimum = 0.0 if low >= 0 else -_round_up(span - low)
    maximum = 0.0 if high <= 0 else _round_up(high + span)
    return minimum, maximum


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    if not math.isfinite(value):
        return 1.7e308
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value * (1 - 1e-9))
