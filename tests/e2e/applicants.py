"""Made-up applicants, of whom one sex is paid less, and if asked for one origin too."""

from __future__ import annotations

import csv
import io

import numpy as np

COLUMNS = ("income", "debt", "sex", "origin")
Row = dict[str, object]


def rows(count: int, *, seed: int = 0, by_origin: float = 0.0) -> tuple[list[Row], list[str]]:
    """Applicants, and whether they paid.

    Args:
        count: how many.
        seed: another one draws others.
        by_origin: how much more people from the south earn.
    """
    random = np.random.default_rng(seed)
    sex = random.choice(["f", "m"], count)
    origin = random.choice(["north", "south"], count)
    income = random.normal(0, 1, count) + 0.8 * (sex == "m") + by_origin * (origin == "south")
    debt = random.normal(0, 1, count)
    paid = income - 0.5 * debt + random.normal(0, 0.5, count) > 0.4 + by_origin / 2
    found: list[Row] = [
        dict(zip(COLUMNS, values, strict=True))
        for values in zip(
            income.tolist(), debt.tolist(), sex.tolist(), origin.tolist(), strict=True
        )
    ]
    return found, ["yes" if one else "no" for one in paid]


def table(count: int = 2500, *, seed: int = 0, by_origin: float = 0.0) -> bytes:
    """A training file of such applicants."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, "paid"])
    for row, label in zip(*rows(count, seed=seed, by_origin=by_origin), strict=True):
        writer.writerow([*row.values(), label])
    return text.getvalue().encode()
