"""The part of a report that is about groups of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from perennial.evaluation.fairness import (
    Apart,
    Change,
    Estimate,
    FairnessFound,
    Group,
    Grouping,
    Mitigated,
)
from perennial.report import (
    Block,
    Callout,
    Figure,
    Grid,
    Kind,
    Section,
    Table,
    Text,
    count,
    measure,
)
from perennial.report.estimates import Estimated, estimates
from perennial.spec.fairness import Disparity, Method
from perennial.spec.metrics import Task

GROUPS_SHOWN = 24
BESIDE = 4  # groups at most that stand beside each other in a table
CLASSES_SHOWN = 5  # of a multiclass task, those with the groups furthest apart
DIGITS = 3
# Measures that are drawn, with what a reader should know; the table has all of them.
_DRAWN = {
    "selection_rate": "Share of the group that is called positive.",
    "true_positive_rate": "Share of the group's positives that are called so.",
    "false_positive_rate": "Share of the group's negatives that are called positive.",
    "calibration_gap": "What came true minus what was predicted: 0 where probabilities are right.",
    "accuracy": "Share of the group that gets the right label.",
    "mean_error": "Mean of prediction minus truth.",
    "mean_absolute_error": "How far predictions are from the truth, on average.",
}
_AROUND_ZERO = frozenset({"calibration_gap", "mean_error"})
_LEAD = (
    "What the candidate does to groups of people, on rows it never saw. Intervals hold at 95 %: "
    "Wilson's for rates, Student's for means; those of differences hold for all pairs of groups "
    "at once."
)


def sections(found: FairnessFound | None) -> Iterator[Section]:
    """One section for each grouping, and one for what was done about differences."""
    if found is None:
        return
    for place, grouping in enumerate(found.groupings):
        title = f"Fairness by {' and '.join(grouping.columns)}"
        yield Section(title, list(_blocks(found, grouping)), "" if place else _LEAD)
    if found.mitigation is not None:
        yield Section("Mitigation", list(_mitigation(found.mitigation)))


def _blocks(found: FairnessFound, grouping: Grouping) -> Iterator[Block]:
    if grouping.note:
        kind = Kind.NOTE if grouping.apart else Kind.WARNING
        yield Callout(kind, _sentence(grouping.note))
    shown = sorted(grouping.groups, key=lambda one: -(one.rows or 0))[:GROUPS_SHOWN]
    figures = list(_figures(shown))
    if figures:
        yield Grid(figures)
    if grouping.apart:
        yield _apart(found, grouping.apart)
    if shown:
        yield _groups(shown)
    rest = len(grouping.groups) - len(shown)
    if rest:
        yield Text(f"{count(rest)} smaller groups are in fairness.json only.")
    hidden = sum(one.rows is None for one in shown)
    few = sum(not one.judged and one.rows is not None for one in shown)
    if few or hidden:
        yield Text(_unjudged(found, few, hidden))


def _unjudged(found: FairnessFound, few: int, hidden: int) -> str:
    parts = []
    if few:
        parts.append(
            f"{_number(few)} fewer than {found.minimum_group} rows: too few to judge, "
            "so what is seen there decides nothing"
        )
    if hidden:
        parts.append(
            f"{_number(hidden)} fewer than {found.hidden_below} rows, of which nothing is told"
        )
    return _sentence("; ".join(parts))


def _number(groups: int) -> str:
    return "one group has" if groups == 1 else f"{groups} groups have"


def _figures(groups: Sequence[Group]) -> Iterator[Figure]:
    """A chart of each measure that two groups at least have."""
    for name, caption in _DRAWN.items():
        rows = [
            Estimated(_label(one), of.value, of.low, of.high, one.judged)
            for one in groups
            if (of := one.measures.get(name)) is not None
        ]
        if len(rows) > 1:
            title = name.replace("_", " ")
            chart = estimates(rows, title=title, x_label=title, zero=name in _AROUND_ZERO)
            yield Figure(chart, caption)


def _apart(found: FairnessFound, apart: Sequence[Apart]) -> Table:
    several = found.task is Task.MULTICLASS
    shown = _furthest(apart) if several else list(apart)
    headers = ["measure", *(["class"] if several else []), "value", "95 % interval", "groups"]
    rows = [
        [
            one.measure.value,
            *([one.of_class or "all"] if several else []),
            measure(one.value, DIGITS),
            _span(one),
            count(one.groups),
            *one.between,
        ]
        for one in shown
    ]
    first = 2 if several else 1
    return Table(
        [*headers, "smallest in", "largest in"],
        rows,
        caption="How far the groups lie apart: the largest difference or the smallest ratio",
        numeric=frozenset(range(first, first + 3)),
    )


def _furthest(apart: Sequence[Apart]) -> list[Apart]:
    """Of each measure the classes whose groups lie furthest apart."""
    found = []
    for of in dict.fromkeys(one.measure for one in apart):
        mine = [one for one in apart if one.measure is of]
        mine.sort(key=lambda one: one.value, reverse=not of.is_ratio)
        found += mine[:CLASSES_SHOWN]
    return found


def _groups(groups: Sequence[Group]) -> Table:
    """All measures; with their intervals where there is room for them."""
    names = list(dict.fromkeys(name for one in groups for name in one.measures))
    if len(groups) <= BESIDE:
        return _beside(groups, names)
    rows = [
        [
            _label(one),
            _few(one.rows),
            *(measure(_value(one.measures.get(name)), DIGITS) for name in names),
        ]
        for one in groups
    ]
    headers = ["group", "rows", *(name.replace("_", " ") for name in names)]
    return Table(headers, rows, numeric=frozenset(range(1, len(headers))))


def _beside(groups: Sequence[Group], names: Sequence[str]) -> Table:
    rows = [["rows", *(_few(one.rows) for one in groups)]]
    rows += [
        [name.replace("_", " "), *(_cell(one.measures.get(name)) for one in groups)]
        for name in names
    ]
    headers = ["measure", *(_label(one) for one in groups)]
    return Table(headers, rows, numeric=frozenset(range(1, len(headers))))


def _few(rows: int | None) -> str:
    return "very few" if rows is None else count(rows)


def _value(found: Estimate | None) -> float | None:
    return None if found is None else found.value


def _cell(found: Estimate | None) -> str:
    if found is None:
        return "–"
    value = measure(found.value, DIGITS)
    return value if found.low is None else f"{value} ({_span(found)})"


def _span(bounds: Estimate | Apart | Change) -> str:
    if bounds.low is None or bounds.high is None:
        return "–"
    return f"{measure(bounds.low, DIGITS)} to {measure(bounds.high, DIGITS)}"


def _label(group: Group) -> str:
    return ", ".join(group.labels)


def _mitigation(done: Mitigated) -> Iterator[Block]:
    if done.method is Method.THRESHOLD:
        yield Callout(Kind.WARNING, f"Groups by {done.column} have thresholds of their own.")
        yield Text(f"Why that is lawful, as the spec says: {done.lawful}")
        if all(one.rows is None for one in done.groups):
            told = "No two groups had enough validation rows, so one threshold holds for all."
            yield Callout(Kind.WARNING, told)
    else:
        yield Callout(Kind.NOTE, f"Training rows were weighed by {done.column} and class.")
    yield _changes(done)
    yield _treated(done)


def _changes(done: Mitigated) -> Table:
    before, after = _worst(done.apart_before), _worst(done.apart_after)
    moved: Mapping[str, Change] = {
        **{name.value: of for name, of in done.changes.items()},
        **{name.value: of for name, of in done.apart_changes.items()},
    }
    told = [(name, done.before.get(name), done.after.get(name)) for name in done.after]
    told += [(name.value, before.get(name), of) for name, of in after.items()]
    rows = [
        [
            name,
            measure(old, DIGITS),
            measure(new, DIGITS),
            measure(moved[name].value, DIGITS) if name in moved else "–",
            _span(moved[name]) if name in moved else "–",
        ]
        for name, old, new in told
    ]
    return Table(
        ["measure", "unmitigated", "mitigated", "change", "95 % interval of the change"],
        rows,
        caption="What it changed and what it cost, on the same rows",
        numeric=frozenset(range(1, 5)),
    )


def _worst(apart: Sequence[Apart]) -> dict[Disparity, float]:
    """Each measure; of several classes, that of the one whose groups lie furthest apart."""
    worst: dict[Disparity, float] = {}
    for one in _furthest(apart):
        worst.setdefault(one.measure, one.value)
    return worst


def _treated(done: Mitigated) -> Table:
    if done.method is Method.THRESHOLD:
        rows = [[one.label, _few(one.rows), measure(one.threshold)] for one in done.groups]
        caption = (
            f"Positive from here on; for all alike it would have been {measure(done.threshold)}"
        )
        headers = ["group", "validation rows that decided", "threshold"]
        return Table(headers, rows, caption=caption, numeric=frozenset({1, 2}))
    classes = list(dict.fromkeys(name for one in done.groups for name in one.weights or {}))
    rows = [
        [
            one.label,
            _few(one.rows),
            *(measure((one.weights or {}).get(name), DIGITS) for name in classes),
        ]
        for one in done.groups
    ]
    headers = ["group", "training rows", *(f"weight of {name}" for name in classes)]
    numeric = frozenset(range(1, len(headers)))
    return Table(headers, rows, caption="What a training row weighed", numeric=numeric)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
