"""Rows for the models of tests/e2e/models: as many as a test likes, as they are, moved or wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np
from sklearn.datasets import load_breast_cancer

TARGET = "diagnosis"
COLUMNS = ("radius", "texture", "smoothness", "concavity", "symmetry")
_SOURCES = (0, 1, 4, 6, 8)  # the means of these measurements in scikit-learn's table
_LABELS = ("malignant", "benign")

Row = dict[str, object]


def rows(count: int, *, seed: int = 0, shift: float = 0.0) -> tuple[list[Row], list[str]]:
    """Rows drawn from the 569 of the data set with a little noise, and their true labels.

    Args:
        count: how many.
        seed: another one draws other rows.
        shift: moves radius and texture by so many of their standard deviations.
    """
    data = load_breast_cancer()
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, len(data.target), count)
    values = data.data[:, _SOURCES]
    spread = values.std(axis=0)
    noise = generator.normal(0, 0.02, (count, len(COLUMNS)))
    made = np.abs(values[drawn] + noise * spread)
    made[:, :2] += shift * spread[:2]
    table: list[dict[str, object]] = [
        dict(zip(COLUMNS, map(float, row), strict=True)) for row in made.tolist()
    ]
    return table, [_LABELS[code] for code in data.target[drawn]]


def table(count: int = 600, *, seed: int = 0, shift: float = 0.0, flipped: bool = False) -> bytes:
    """A training file of such rows; `flipped` has each labelled with what it is not."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, TARGET])
    for row, label in zip(*rows(count, seed=seed, shift=shift), strict=True):
        writer.writerow([*row.values(), opposite(label) if flipped else label])
    return text.getvalue().encode()


def opposite(label: str) -> str:
    """The other label."""
    return _LABELS[1 - _LABELS.index(label)]


def batches(count: int, size: int, *, seed: int = 0, shift: float = 0.0) -> Iterator[list[Row]]:
    """The same rows in requests of `size`."""
    made, _ = rows(count, seed=seed, shift=shift)
    for begin in range(0, count, size):
        yield made[begin : begin + size]
