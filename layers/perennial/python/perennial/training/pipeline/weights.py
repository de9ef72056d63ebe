"""A linear model over the columns of a pipeline as weights over the features themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.features.schema import CATEGORY
from perennial.training.estimator import Exported
from perennial.training.pipeline.columns import NotExportable
from perennial.training.pipeline.probe import Probe

Floats = npt.NDArray[np.float64]


def folded_weights(probe: Probe, order: Sequence[int] | None) -> Exported:
    """The linear model for the light function.

    Raises:
        NotExportable: a number enters otherwise than as a line, or a step refuses a value.
    """
    weights, sums = _ordered(probe.final, order)
    numeric, categories, means = [], [], []
    for place, feature in enumerate(probe.features):
        own = [n for n, column in enumerate(probe.columns) if column.feature == place]
        part, values = weights[:, own], probe.codes[:, place]
        if feature.type == CATEGORY:
            table = probe.table(place)[:, own] @ part.T
            weighed = {"weights": table[:-1].tolist(), "missing": table[-1].tolist()}
            categories.append({"feature": place, **weighed})
            rows = np.where(np.isnan(values), -1, values).astype(np.int64)
            means.append(table[rows].mean(axis=0))
            continue
        slopes, constants = _lines(probe, own, feature.name)
        shift, slope = part @ constants, part @ slopes
        sums = sums + shift
        # Where nothing is ever missing the entry is not used.
        absent = part @ np.nan_to_num(probe.missing(place)[own]) - shift
        numeric.append({"feature": place, "weights": slope.tolist(), "missing": absent.tolist()})
        there = values[~np.isnan(values), np.newaxis].astype(np.float64)
        gone = len(values) - len(there)
        means.append(((there * slope).sum(axis=0) + gone * absent) / len(values))
    link = "identity" if order is None else "logistic" if len(order) == 2 else "softmax"
    engine: dict[str, Any] = {"kind": "linear", "link": link, "intercepts": sums.tolist()}
    terms = {"numeric": numeric, "categories": categories, "means": np.array(means).tolist()}
    return Exported(engine | terms)


def _ordered(final: Any, order: Sequence[int] | None) -> tuple[Floats, Floats]:
    """Weights [outputs, columns] and constants [outputs], in the order of our classes."""
    weights = np.atleast_2d(np.asarray(final.coef_, dtype=np.float64))
    sums = np.broadcast_to(np.atleast_1d(final.intercept_), len(weights)).astype(np.float64)
    if order is None:
        if len(weights) != 1:
            raise NotExportable("it predicts more than one target")
        return weights, sums
    if len(weights) == 1:  # of the pipeline's second class, which may be our first
        return (weights, sums) if order[1] == 1 else (-weights, -sums)
    return weights[list(order)], sums[list(order)]


def _lines(probe: Probe, own: Sequence[int], name: str) -> tuple[Floats, Floats]:
    """Slope and constant of each of a feature's columns."""
    lines = [probe.columns[n].line for n in own]
    if any(line is None for line in lines):
        raise NotExportable(f"{name} enters a linear model through a function that is no line")
    found = np.array(lines, dtype=np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
