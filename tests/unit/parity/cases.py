"""Random models: what a spec may say, data that fits it, and rows to ask about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import strategies as st

ROWS = 90  # of the training data
LARGEST = 3.4028234663852886e38
EDGES = (0.0, -0.0, 1e-45, -1e-45, 1.17e-38, 1e-310, LARGEST, -LARGEST, 1e300, -1e300, 16777217.0)
# How a column of numbers looks.
NUMBERS = ("normal", "constant", "few", "tiny", "huge", "edges", "far", "skewed")
TYPES = ("number", "integer", "category", "boolean", "timestamp")

Random = np.random.Generator


@dataclass(frozen=True)
class Case:
    """A model to train, and rows to ask it about."""

    features: dict[str, dict[str, Any]]
    classes: int
    data: pa.Table
    rows: list[dict[str, object]]


@dataclass(frozen=True)
class _Column:
    feature: dict[str, Any]
    training: pa.Array
    asked: list[object]


@st.composite
def cases(draw: st.DrawFn, task: str, *, positive: bool = False) -> Case:
    """A case of a task, small enough to train in a moment; `positive` is about its numbers."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    columns = {
        f"f{place}": draw(_columns(random)) for place in range(draw(st.integers(1, 4), "features"))
    }
    classes = draw(st.integers(3, 5)) if task == "multiclass" else 2
    target = _target(draw, random, task, classes, [one.training for one in columns.values()])
    if positive:
        target = pc.add(pc.abs(target), 1e-3)
    training = {name: one.training for name, one in columns.items()}
    asked = [one.asked for one in columns.values()]
    return Case(
        {name: one.feature for name, one in columns.items()},
        classes,
        pa.table({**training, "y": target}),
        [dict(zip(columns, values, strict=True)) for values in zip(*asked, strict=True)],
    )


@st.composite
def _columns(draw: st.DrawFn, random: Random) -> _Column:
    kind = draw(st.sampled_from(TYPES))
    nullable = draw(st.booleans())
    feature: dict[str, Any] = {"type": kind, "nullable": nullable}
    if kind == "category":
        return _category(draw, random, feature)
    values = _VALUES[kind](draw, random)
    share = draw(st.sampled_from([0.0, 0.1, 0.6, 1.0])) if nullable else 0.0
    training = pa.array(values, _ARROW[kind], mask=random.random(ROWS) < share)
    asked = [_asked(draw, kind, training, nullable) for _ in range(8)]
    return _Column(feature, training, asked)


def _category(draw: st.DrawFn, random: Random, feature: dict[str, Any]) -> _Column:
    """Labels of which training sees some; the spec may know more, and callers may send others."""
    known = [f"k{number}" for number in range(draw(st.sampled_from([1, 2, 5, 40, 300])))]
    seen = known[:: draw(st.integers(1, 3))]
    nullable = feature["nullable"]
    unseen = draw(st.sampled_from(["reject", "missing"]))
    feature |= {"unseen": unseen, "categories": known if draw(st.booleans()) else None}
    share = draw(st.sampled_from([0.0, 0.2])) if nullable else 0.0
    labels = [seen[place] for place in random.integers(0, len(seen), ROWS)]
    training = pa.array(labels, pa.string(), mask=random.random(ROWS) < share)
    may_be_asked: list[object] = [*training.drop_null().unique().to_pylist()]
    if feature["categories"]:
        may_be_asked += known
    if unseen == "missing":
        may_be_asked += ["never seen"] * len(may_be_asked)
    if nullable:
        may_be_asked += [None] * len(may_be_asked)
    return _Column(feature, training, [draw(st.sampled_from(may_be_asked)) for _ in range(8)])


def _asked(draw: st.DrawFn, kind: str, training: pa.Array, nullable: bool) -> object:
    """A value that training saw, or one that is only allowed."""
    place = draw(st.integers(-1, ROWS - 1))
    value = training[place].as_py() if place >= 0 else draw(_ANYTHING[kind])
    if value is None and not nullable:
        value = draw(_ANYTHING[kind])
    return value.isoformat() if isinstance(value, datetime) else value


def _numbers(draw: st.DrawFn, random: Random) -> Any:
    plain = random.normal(size=ROWS)
    edges = np.array(EDGES)[random.integers(0, len(EDGES), ROWS)]
    return {
        "normal": plain,
        "constant": np.full(ROWS, draw(st.sampled_from(EDGES))),
        "few": np.round(plain),
        "tiny": plain * 1e-42,
        "huge": np.clip(plain * 1e38, -LARGEST, LARGEST),
        "edges": edges,
        "far": 1e7 + plain,
        "skewed": np.exp(5 * plain),
    }[draw(st.sampled_from(NUMBERS))]


def _integers(draw: st.DrawFn, random: Random) -> Any:
    width = draw(st.sampled_from([1, 3, 1000, 2**62]))
    return random.integers(-width, width, ROWS)


def _booleans(draw: st.DrawFn, random: Random) -> Any:
    return random.random(ROWS) < draw(st.sampled_from([0.0, 0.5, 0.98]))


def _timestamps(draw: st.DrawFn, random: Random) -> Any:
    width = draw(st.sampled_from([1, 10**9, 10**15]))
    return 1_600_000_000_000_000 + random.integers(0, width, ROWS)


_VALUES = {
    "number": _numbers,
    "integer": _integers,
    "boolean": _booleans,
    "timestamp": _timestamps,
}
_ARROW = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", "UTC"),
}
_ANYTHING: dict[str, st.SearchStrategy[Any]] = {
    "number": st.sampled_from(EDGES) | st.floats(allow_nan=False, allow_infinity=False),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "timestamp": st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),
}


def _target(
    draw: st.DrawFn, random: Random, task: str, classes: int, columns: list[pa.Array]
) -> pa.Array:
    """A target that depends on every column a little, and on nothing at all otherwise."""
    signal = random.normal(size=ROWS) * draw(st.sampled_from([0.0, 1.0]))
    for column in columns:
        ranks = np.unique([str(one) for one in column], return_inverse=True)[1]
        signal = signal + ranks / (ranks.max() + 1.0)
    order = np.argsort(np.argsort(signal, kind="stable"), kind="stable")
    if task == "regression":
        return pa.array(signal * draw(st.sampled_from([1.0, 1e-9, 1e9])) + 3)
    if task == "multiclass":
        return pa.array([f"c{place * classes // ROWS}" for place in order])
    rare = draw(st.sampled_from([ROWS // 2, 6]))
    return pa.array(["yes" if place < rare else "no" for place in order])
