"""`predictions.json`: what a version says about rows it never saw, to tell prediction drift by."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from perennial.data.number_profiler import NumberProfiler
from perennial.data.profile import CategoryProfile, ColumnProfile, NumberProfile
from perennial.evaluation.subject import Subject
from perennial.spec import ModelSpec, Task


class Said(StrEnum):
    """Which part of an answer is profiled."""

    ESTIMATE = "estimate"  # of a regression
    PROBABILITY = "probability"  # of the positive class of a binary classification
    LABEL = "label"  # of several classes


class PredictionProfile(BaseModel):
    """The distribution of a version's answers on the holdout."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    format: Literal[1] = 1
    said: Said
    positive: str | None = Field(default=None, description="The class a probability is of.")
    column: ColumnProfile


def prediction_profile(subject: Subject) -> PredictionProfile | None:
    """The profile of a candidate's answers; None where nobody may keep them."""
    spec, scored = subject.job.spec, subject.candidate
    if spec.target in spec.sensitive:
        return None
    values = scored.values[scored.answerable]
    if spec.task is Task.REGRESSION:
        return PredictionProfile(said=Said.ESTIMATE, column=_numbers(values[:, 0]))
    labels = scored.labels or ()
    if spec.task is Task.BINARY:
        return _of_positive(spec, labels, values)
    counts = np.bincount(values.argmax(axis=1), minlength=len(labels))
    return PredictionProfile(said=Said.LABEL, column=_labels(labels, counts.tolist()))


def _of_positive(
    spec: ModelSpec,
    labels: tuple[str, ...],
    values: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> PredictionProfile | None:
    positive = str(spec.positive_class)
    if positive not in labels:
        return None
    column = _numbers(values[:, labels.index(positive)])
    return PredictionProfile(said=Said.PROBABILITY, positive=positive, column=column)


def _numbers(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> NumberProfile:
    profiler = NumberProfiler()
    finite = np.ascontiguousarray(values[np.isfinite(values)])
    profiler.add(finite, len(values) - len(finite))
    return profiler.profile(finite)


def _labels(labels: tuple[str, ...], counts: list[int]) -> CategoryProfile:
    named = sorted(zip(labels, counts, strict=True), key=lambda one: -one[1])
    return CategoryProfile(
        rows=sum(counts),
        nulls=0,
        distinct=sum(rows > 0 for rows in counts),
        counts={label: rows for label, rows in named if rows},
        other=0,
    )
