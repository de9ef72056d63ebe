"""The encoder as a part of an ONNX graph: an input for each feature, and its codes.

A graph cannot refuse a row, so it says of each whether the endpoint would have taken it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from perennial.errors import NotPortable
from perennial.features.codec import LARGEST_FLOAT32
from perennial.features.schema import (
    BOOLEAN,
    CATEGORY,
    INTEGER,
    MISSING,
    NUMBER,
    TEXT,
    TIMESTAMP,
    FeatureSchema,
)
from perennial.labels import spelling
from perennial.portable.onnx_graph import BOOL, DOUBLE, FLOAT, ML, STRING, Graph

# Seconds since 1970 of the first and the last moment that ISO 8601 can say.
_FIRST, _LAST = -62_135_596_800.0, 253_402_300_800.0


@dataclass(frozen=True)
class Encoded:
    """What the graph makes of its inputs.

    Attributes:
        values: by feature [rows, 1]: float32, or float64 where they are exact; NaN for missing.
        valid: bool [rows], whether the endpoint would take the row.
    """

    values: dict[str, str]
    valid: str


def encoded(graph: Graph, features: Sequence[FeatureSchema], *, exact: bool) -> Encoded:
    """Inputs and codes of all features.

    Args:
        graph: to add to.
        features: of the model.
        exact: whether numbers are computed with before they are rounded to a float32.

    Raises:
        NotPortable: one of them cannot be an input, or not be told from a missing value.
    """
    values, valid = {}, []
    for feature in features:
        values[feature.name], fits = _feature(graph, feature, exact=exact)
        valid.append(fits)
    everything = graph.all_of(*valid)
    return Encoded(values, graph.add("Squeeze", everything, graph.constant([1], np.int64)))


def input_type(feature: FeatureSchema, *, exact: bool) -> int:
    """The type of a feature's input."""
    if feature.type == CATEGORY:
        return int(STRING)
    if feature.type == TIMESTAMP or (exact and feature.type in (NUMBER, INTEGER)):
        return int(DOUBLE)
    return int(BOOL if feature.type == BOOLEAN and not feature.nullable else FLOAT)


def _feature(graph: Graph, feature: FeatureSchema, *, exact: bool) -> tuple[str, str]:
    """Codes and whether they are allowed, both [rows, 1]."""
    if feature.type == TEXT:
        raise NotPortable(
            f"ONNX has no operator that splits and hashes texts, and {feature.name} is one. "
            "Export it with --format bundle or mlflow"
        )
    kind = input_type(feature, exact=exact)
    given = graph.input(feature.name, kind, _says(feature))
    code, valid = _code(graph, feature, given, np.float64 if kind == DOUBLE else np.float32)
    return graph.cast(code, DOUBLE if exact else FLOAT), valid


def _code(
    graph: Graph, feature: FeatureSchema, given: str, kind: type[np.floating[Any]]
) -> tuple[str, str]:
    if feature.type == CATEGORY:
        return _category(graph, feature, given)
    if feature.type == BOOLEAN and not feature.nullable:
        return graph.cast(given, FLOAT), graph.add("Or", given, graph.add("Not", given))
    missing = graph.add("IsNaN", given)
    fits = _fits(graph, feature, given, kind)
    valid = graph.any_of(fits, missing) if feature.nullable else fits
    return given if feature.type == TIMESTAMP else bounded(graph, given, kind), valid


def _says(feature: FeatureSchema) -> str:
    missing = ""
    if feature.nullable:
        missing = "; an empty text is missing" if feature.type == CATEGORY else "; NaN is missing"
    kind = {
        TIMESTAMP: "seconds since 1970, UTC",
        BOOLEAN: "0 or 1" if feature.nullable else "true or false",
        CATEGORY: "a label",
        INTEGER: "a whole number",
    }.get(feature.type, "a number")
    return kind + missing


def _category(graph: Graph, feature: FeatureSchema, given: str) -> tuple[str, str]:
    labels = list(feature.categories or ())
    if "" in labels and feature.nullable:
        raise NotPortable(
            f"{feature.name} has an empty text as a category, which ONNX cannot tell from a "
            "missing value"
        )
    code = _looked_up(graph, given, _spellings(labels), np.nan)
    if feature.unseen == MISSING and feature.nullable:
        return code, graph.add("Equal", *[graph.cast(code, BOOL)] * 2)
    known = graph.add("Not", graph.add("IsNaN", code))
    empty = graph.add(
        "Greater", _looked_up(graph, given, {"": 0.0}, -1.0), graph.constant([-1.0], np.float32)
    )
    if feature.nullable:
        return code, graph.any_of(known, empty)
    if feature.unseen == MISSING:
        return code, graph.add("Or", known, graph.add("Not", known))
    return code, known


def _spellings(labels: Sequence[str]) -> dict[str, float]:
    """The code of each label, and of the usual other ways to write it: `1.0` for `1`."""
    codes = {label: float(place) for place, label in enumerate(labels)}
    spelt = spelling(labels)
    for label, code in list(codes.items()):
        for other in (f"{label}.0", label.title(), label.upper()):
            if spelt(other) == label:
                codes.setdefault(other, code)
    return codes


def _looked_up(graph: Graph, given: str, codes: Mapping[str, float], otherwise: float) -> str:
    """The code of each text."""
    return graph.add(
        "LabelEncoder",
        given,
        domain=ML,
        keys_strings=list(codes),
        values_floats=list(codes.values()),
        default_float=float(otherwise),
    )


def _fits(graph: Graph, feature: FeatureSchema, given: str, kind: type[np.floating[Any]]) -> str:
    """Whether a number is one the feature may have; never of a missing one."""
    if feature.type == BOOLEAN:
        return graph.any_of(
            *(graph.add("Equal", given, graph.constant([code], kind)) for code in (0.0, 1.0))
        )
    low, high = _limits(feature, kind)
    conditions = [
        graph.add("GreaterOrEqual", given, graph.constant([low], kind)),
        graph.add("LessOrEqual", given, graph.constant([high], kind)),
    ]
    if feature.type == INTEGER:
        conditions.append(graph.add("Equal", given, graph.add("Floor", given)))
    return graph.all_of(*conditions)


def _limits(feature: FeatureSchema, kind: type[np.floating[Any]]) -> tuple[float, float]:
    """As the input's type has them: rounding keeps order, so what is allowed stays so."""
    if feature.type == TIMESTAMP:
        return _FIRST, _LAST
    low = -np.inf if feature.minimum is None else feature.minimum
    high = np.inf if feature.maximum is None else feature.maximum
    if feature.type == INTEGER:
        below = float(np.nextafter(kind(2.0**63), kind(0)))
        low, high = max(low, -(2.0**63)), min(high, below)
    with np.errstate(over="ignore"):
        return float(kind(low)), float(kind(high))


def bounded(graph: Graph, given: str, kind: type[np.floating[Any]] = np.float64) -> str:
    """What is beyond float32 is its largest number; a missing value stays missing."""
    for operator, largest in (("Greater", LARGEST_FLOAT32), ("Less", -LARGEST_FLOAT32)):
        limit = graph.constant([largest], kind)
        given = graph.add("Where", graph.add(operator, given, limit), limit, given)
    return given
