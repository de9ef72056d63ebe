"""The data sets scikit-learn carries, as training files of the models in `models/`."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Model → the loader's name in sklearn.datasets, its options, and the target's column.
_LOADERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "breast-cancer": ("load_breast_cancer", {}, "diagnosis"),
    "wine": ("load_wine", {}, "cultivar"),
    "diabetes": ("load_diabetes", {"scaled": False}, "progression"),
}
NAMES = tuple(_LOADERS)


@dataclass(frozen=True, slots=True)
class Sample:
    """One data set on disk.

    Attributes:
        path: the CSV file.
        rows: how many rows it has.
        example: one row as the endpoint takes it, without the target.
    """

    path: Path
    rows: int
    example: dict[str, object]


def write(model: str, folder: Path) -> Sample:
    """Write the data set of a model as CSV; needs no network.

    The example is the last row, so that it looks the same each time.
    """
    from sklearn import datasets

    loader, options, target = _LOADERS[model]
    data = getattr(datasets, loader)(**options)
    columns = [str(name) for name in data.feature_names]
    labels = [_label(value, data) for value in data.target.tolist()]
    path = folder / f"{model}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    rows = data.data.tolist()
    _write_csv(
        path, [*columns, target], ([*row, label] for row, label in zip(rows, labels, strict=True))
    )
    return Sample(path, len(rows), dict(zip(columns, rows[-1], strict=True)))


class Sampling(threading.Thread):
    """Writes the training data beside everything else: loading scikit-learn takes seconds.

    Ctrl-C does not wait for it.
    """

    def __init__(self, model: str, folder: Path) -> None:
        super().__init__(name="sampling", daemon=True)
        self._model, self._folder = model, folder
        self._outcome: Sample | Exception | None = None

    def run(self) -> None:
        """Write it."""
        try:
            self._outcome = write(self._model, self._folder)
        except Exception as error:
            self._outcome = error

    def result(self) -> Sample:
        """What was written; raises what the writing raised."""
        self.join()
        if not isinstance(self._outcome, Sample):
            raise self._outcome or RuntimeError("no sample was written")
        return self._outcome


def _label(value: float, data: Any) -> object:
    names = getattr(data, "target_names", None)
    return value if names is None else str(names[int(value)])


def _write_csv(path: Path, header: list[str], rows: Iterable[list[object]]) -> None:
    # Written aside and moved: an upload by somebody else never meets half a file.
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    fresh.replace(path)
