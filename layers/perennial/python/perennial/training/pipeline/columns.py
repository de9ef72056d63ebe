"""Which feature each column comes from that the final estimator of a pipeline sees, and how.

Only transformers are read whose every output depends on one input alone. They are recognised by
their exact class: a subclass may do anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import (
    SelectFromModel,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)


class NotExportable(Exception):
    """A pipeline the light function cannot run; the message says what in it is the reason."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column some step gives.

    Attributes:
        feature: the place of the feature it comes from.
        label: whether it holds the feature's categories as text.
        line: slope and constant, where it is a line of the feature's number; None for a curve.
    """

    feature: int
    label: bool
    line: tuple[float, float] | None = (1.0, 0.0)


Columns = list[Column]
# Functions of one number that never fall as the number rises.
_RISING = (
    np.arcsinh,
    np.arctan,
    np.cbrt,
    np.exp,
    np.expm1,
    np.log,
    np.log10,
    np.log1p,
    np.log2,
    np.sinh,
    np.sqrt,
    np.tanh,
)


def columns_after(step: Any, given: Columns) -> Columns:
    """The columns that a fitted step gives.

    Raises:
        NotExportable: it is of no kind that is known here, or set up in a way that is not.
    """
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return given
    if isinstance(step, str) and step == "drop":
        return []
    known = _KNOWN.get(type(step))
    if known is None:
        raise NotExportable(f"it has a {type(step).__name__}")
    return known(step, given)


def _pipeline(step: Any, given: Columns) -> Columns:
    for _, part in step.steps:
        given = columns_after(part, given)
    return given


def _column_transformer(step: Any, given: Columns) -> Columns:
    found: Columns = []
    for name, part, _ in step.transformers_:
        places = step._transformer_to_input_indices[name]
        found += columns_after(part, [given[place] for place in places]) if len(places) else []
    if step.transformer_weights:
        raise NotExportable("its ColumnTransformer has weights")
    return found


def _union(step: Any, given: Columns) -> Columns:
    if step.transformer_weights:
        raise NotExportable("its FeatureUnion has weights")
    return [column for _, part in step.transformer_list for column in columns_after(part, given)]


def _imputer(step: Any, given: Columns) -> Columns:
    if not (isinstance(step.missing_values, float) and np.isnan(step.missing_values)):
        raise NotExportable("its SimpleImputer replaces something else than missing values")
    kept = list(given)
    if not step.keep_empty_features:
        empty = [isinstance(one, float) and np.isnan(one) for one in step.statistics_]
        kept = [column for column, drop in zip(given, empty, strict=True) if not drop]
    if step.indicator_ is not None:
        kept += [
            replace(given[place], label=False, line=(0.0, 0.0))
            for place in step.indicator_.features_
        ]
    return kept


def _scaler(shift: str, scale: str, *, times: bool = False) -> Callable[[Any, Columns], Columns]:
    """A scaler by the attributes that hold what it takes off and what it divides by."""

    def read(step: Any, given: Columns) -> Columns:
        if getattr(step, "clip", False):
            return [_curved(column, step) for column in given]
        shifts, scales = (getattr(step, name, None) for name in (shift, scale))
        return [
            _stretched(
                column,
                step,
                0.0 if shifts is None else float(shifts[place]),
                1.0 if scales is None else float(scales[place]),
                times=times,
            )
            for place, column in enumerate(given)
        ]

    return read


def _stretched(column: Column, step: Any, shift: float, scale: float, *, times: bool) -> Column:
    _number(column, step)
    if (scale if times else 1 / scale) <= 0:
        raise NotExportable(f"its {type(step).__name__} turns a column round")
    if column.line is None:
        return column
    slope, constant = column.line
    if times:  # x * scale + shift
        return replace(column, line=(slope * scale, constant * scale + shift))
    return replace(column, line=(slope / scale, (constant - shift) / scale))


def _function(step: Any, given: Columns) -> Columns:
    if step.func is None:
        return given
    if step.kw_args or not any(step.func is known for known in _RISING):
        name = getattr(step.func, "__name__", "a function")
        raise NotExportable(f"its FunctionTransformer calls {name}")
    return [_curved(column, step) for column in given]


def _curved(column: Column, step: Any) -> Column:
    _number(column, step)
    return replace(column, line=None)


def _number(column: Column, step: Any) -> None:
    if column.label:
        raise NotExportable(f"its {type(step).__name__} takes text")


def _one_hot(step: Any, given: Columns) -> Columns:
    return [
        replace(column, label=False, line=None)
        for column, count in zip(given, step._n_features_outs, strict=True)
        for _ in range(count)
        if _text(column, step)
    ]


def _ordinal(step: Any, given: Columns) -> Columns:
    return [replace(column, label=False, line=None) for column in given if _text(column, step)]


def _text(column: Column, step: Any) -> bool:
    if not column.label:
        raise NotExportable(f"its {type(step).__name__} takes numbers for categories")
    return True


def _selector(step: Any, given: Columns) -> Columns:
    return [given[place] for place in np.flatnonzero(step.get_support())]


_KNOWN: dict[type[Any], Callable[[Any, Columns], Columns]] = {
    ColumnTransformer: _column_transformer,
    FeatureUnion: _union,
    FunctionTransformer: _function,
    MaxAbsScaler: _scaler("", "scale_"),
    MinMaxScaler: _scaler("min_", "scale_", times=True),
    OneHotEncoder: _one_hot,
    OrdinalEncoder: _ordinal,
    Pipeline: _pipeline,
    RobustScaler: _scaler("center_", "scale_"),
    SelectFromModel: _selector,
    SelectKBest: _selector,
    SelectPercentile: _selector,
    SimpleImputer: _imputer,
    StandardScaler: _scaler("mean_", "scale_"),
    VarianceThreshold: _selector,
}
