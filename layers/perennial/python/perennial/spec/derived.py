"""What the steps of a spec must be to each other and to the features."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from perennial.spec.algorithms import Algorithm
from perennial.spec.steps import AnyStep, OneHot, Ordinal, Target

if TYPE_CHECKING:
    from perennial.spec.schema import Feature, ModelSpec

Location = tuple[str | int, ...]
Found = tuple[Location, str]  # where in the spec, and what is wrong there

MOST_COLUMNS = 10_000  # that a model may see
_NUMBER, _ENCODED = "number", "encoded target"
_NUMERIC = ("number", "integer")
_MEASURED = (*_NUMERIC, "boolean", "timestamp")
# The types of columns that each step is made of.
TAKES: dict[str, tuple[str, ...]] = {
    "one_hot": ("category",),
    "ordinal": ("category",),
    "target": ("category",),
    "scale": _NUMERIC,
    "log": _NUMERIC,
    "bin": _NUMERIC,
    "date": ("timestamp",),
    "ratio": _MEASURED,
    "difference": _MEASURED,
    "product": _MEASURED,
    "text": ("text",),
    "reduce": _NUMERIC,
}


def contradictions(spec: ModelSpec) -> Iterator[Found]:
    """What cannot stand beside each other, each with its place."""
    texts = [name for name, one in spec.features.items() if one.type.value == "text"]
    if spec.algorithm.name is Algorithm.PIPELINE:
        yield from _with_pipeline(spec, texts)
        return
    known = {name: feature.type.value for name, feature in spec.features.items()}
    for place, step in enumerate(spec.engineering.steps):
        yield from _read(spec, place, step, known)
        for name in made_by(step, spec):
            if name in known or name in {spec.target, spec.id_column, spec.time_column}:
                told = f"makes {name!r}, and there is a column of that name"
                yield ("engineering", "steps", place), told
            known[name] = _ENCODED if isinstance(step, Target) else _NUMBER
    for name in texts:
        if not any(name in step.reads for step in spec.engineering.steps):
            told = "a text is no number: add a step: text under engineering, or leave it out"
            yield ("features", name, "type"), told
        yield from _unfit(spec, name)
    yield from _left(spec, known)


def made_by(step: AnyStep, spec: ModelSpec) -> tuple[str, ...]:
    """What is known of the names a step will make: not those that the data decides on."""
    if isinstance(step, OneHot):
        feature = spec.features.get(step.column)
        labels = feature.categories or () if feature else ()
        labels = numbered(labels) if step.column in spec.sensitive else labels
        return step.made_of(labels, missing=feature is not None and may_be_missing(feature))
    if isinstance(step, Target):
        return step.made_of(()) if spec.task.value != "multiclass" else ()
    return step.made


def numbered(labels: Sequence[str]) -> tuple[str, ...]:
    """What stands for labels that nobody may read in the name of a column: their places."""
    return tuple(str(place + 1) for place in range(len(labels)))


def may_be_missing(feature: Feature) -> bool:
    """Whether a category may have no code."""
    return feature.nullable or feature.unseen.value == "missing"


def _with_pipeline(spec: ModelSpec, texts: Sequence[str]) -> Iterator[Found]:
    if spec.engineering.asked:
        yield ("engineering",), "does not apply to a pipeline, which makes columns of its own"
    for name in texts:
        yield ("features", name, "type"), "a pipeline takes no text"


def _unfit(spec: ModelSpec, text: str) -> Iterator[Found]:
    """What a text cannot be: no report shows one, and nothing is in the order of texts."""
    if spec.time_column == text:
        yield ("time_column",), f"{text!r} is a text, which orders nothing"
    for place, column in enumerate(spec.monitoring.performance.slices):
        if column == text:
            where = ("monitoring", "performance", "slices", place)
            yield where, f"{text!r} is a text, which no report shows"


def _read(spec: ModelSpec, place: int, step: AnyStep, known: dict[str, str]) -> Iterator[Found]:
    several = "columns" in type(step).model_fields
    later = {name for one in spec.engineering.steps[place:] for name in made_by(one, spec)}
    for number, column in enumerate(step.reads):
        where: Location = ("engineering", "steps", place, "columns", number)
        where = where if several else ("engineering", "steps", place, "column")
        if column not in known:
            made_later = "is made by this step or a later one" if column in later else ""
            yield where, f"{column!r} {made_later or 'is no column' + _meant(column, [*known])}"
        elif known[column] not in TAKES[step.step]:
            fitting = " or ".join(TAKES[step.step])
            yield where, f"{column!r} is of type {known[column]}; {step.step} takes {fitting}"
        elif column in step.reads[:number] and step.step not in ("product",):
            yield where, f"{column!r} stands here twice"
    if isinstance(step, Ordinal) and step.column in spec.features:
        yield from _order(spec.features[step.column], place, step)


def _order(feature: Feature, place: int, step: Ordinal) -> Iterator[Found]:
    lacking = [label for label in feature.categories or () if label not in step.order]
    if lacking:
        yield ("engineering", "steps", place, "order"), f"lacks the category {lacking[0]!r}"
    for number, label in enumerate(step.order):
        if feature.categories is not None and label not in feature.categories:
            where = ("engineering", "steps", place, "order", number)
            yield where, f"{label!r} is no category of {step.column!r}"


def _left(spec: ModelSpec, known: dict[str, str]) -> Iterator[Found]:
    """What is dropped and what is protected exists, and something is left, but not too much."""
    engineering = spec.engineering
    open_ended = any(_left_to_the_data(step, spec) for step in engineering.steps)
    for place, column in enumerate(engineering.drop):
        if column not in known and not open_ended:
            told = f"{column!r} is no column{_meant(column, [*known])}"
            yield ("engineering", "drop", place), told
    protected = engineering.selection.protected if engineering.selection else ()
    for place, column in enumerate(protected):
        if column in engineering.drop:
            yield ("engineering", "selection", "protected", place), f"{column!r} is dropped"
        elif column not in known and not open_ended:
            told = f"{column!r} is no column{_meant(column, [*known])}"
            yield ("engineering", "selection", "protected", place), told
    seen = [n for n, kind in known.items() if kind != "text" and n not in engineering.drop]
    if not seen and not open_ended:
        yield ("engineering", "drop"), "leaves nothing for the model to see"
    if len(seen) > MOST_COLUMNS:
        told = f"makes {len(seen)} columns; a model sees at most {MOST_COLUMNS}"
        yield ("engineering", "steps"), told


def _left_to_the_data(step: AnyStep, spec: ModelSpec) -> bool:
    """Whether only the data says which columns a step makes."""
    if isinstance(step, OneHot):
        return step.column in spec.features and spec.features[step.column].categories is None
    return isinstance(step, Target) and spec.task.value == "multiclass"


def _meant(column: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(column, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
