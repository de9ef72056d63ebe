"""What is played: which rows in which order, who is asked about them, and what goes wrong when."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from perennial.spec import FeatureType, ModelSpec, Task, load_specs

ROOT: Final = Path(__file__).resolve().parents[2]
SPECS: Final = Path(__file__).with_name("models")
DATA: Final = ROOT.parent / "shared" / "data"

Row = dict[str, object]
_MADE: Final[dict[FeatureType, Callable[[str], object]]] = {
    FeatureType.NUMBER: float,
    FeatureType.INTEGER: int,
    FeatureType.BOOLEAN: lambda text: text in ("1", "true"),
    FeatureType.CATEGORY: str,
    FeatureType.TIMESTAMP: str,
}


@dataclass(frozen=True)
class Scenario:
    """One story.

    Attributes:
        model: name of the model and of its spec.
        file: the data, in order of time.
        separator: of its columns.
        first: share of the rows that the first version is trained on.
        chunk: rows between two reports.
        late: rows that are answered before the outcome of a row is known.
        broken_at: share of all rows at which somebody forces a broken version in; None: nobody.
        every: only each so many-th row is played.
        begin: share of the rows before which none is sent; what the first version has seen is not.
        until: share of the rows with which the story ends.
    """

    model: str
    file: Path
    separator: str
    first: float
    chunk: int
    late: int
    broken_at: float | None
    every: int = 1
    begin: float = 0.0
    until: float = 1.0

    def thinned(self, every: int) -> Scenario:
        """The same story in fewer rows."""
        chunk, late = max(self.chunk // every, 150), max(self.late // every, 75)
        return replace(self, every=every, chunk=chunk, late=late)

    @property
    def briefly(self) -> Scenario:
        """From shortly before the turn of the economy until a broken version is taken back."""
        return replace(self, begin=0.53, broken_at=0.63, until=0.7)

    @property
    def spec(self) -> ModelSpec:
        """The model as it is deployed."""
        return load_specs(SPECS)[self.model]

    @property
    def history(self) -> History:
        """Its rows, in order of time."""
        return read(self)


BANK: Final = Scenario(
    "bank", DATA / "bank-marketing.csv", ";", first=1 / 3, chunk=1000, late=60, broken_at=0.79
)
BIKE: Final = Scenario(
    "bike", DATA / "bike-sharing-hour.csv", ",", first=0.4974, chunk=500, late=60, broken_at=None
)
SCENARIOS: Final = {one.model: one for one in (BANK, BIKE)}


@dataclass(frozen=True)
class History:
    """The rows of a story, in order of time.

    Attributes:
        rows: features as the API takes them.
        truths: what came true: a label or a number.
        lines: the file's lines, `header` first.
        whole: rows of the file, those after the story's end included.
    """

    header: str
    lines: Sequence[str]
    rows: Sequence[Row]
    truths: Sequence[str | float]
    whole: int = 0

    def place(self, share: float) -> int:
        """The row before which that share of all rows of the file lies."""
        return round(self.whole * share)

    def table(self, begin: int, end: int) -> bytes:
        """Some of the rows as a training file."""
        return "\n".join([self.header, *self.lines[begin:end], ""]).encode()

    def flipped(self, begin: int, end: int, target: str, separator: str) -> bytes:
        """Some of the rows as a training file in which each label is the other one."""
        place = [name.strip('"') for name in self.header.split(separator)].index(target)

        def other(line: str) -> str:
            cells = line.split(separator)
            cells[place] = "1" if cells[place] == "0" else "0"
            return separator.join(cells)

        return "\n".join([self.header, *map(other, self.lines[begin:end]), ""]).encode()


def read(scenario: Scenario) -> History:
    """The rows of a scenario's file.

    Raises:
        FileNotFoundError: the data does not lie beside the checkout.
    """
    spec = scenario.spec
    header, *lines = scenario.file.read_text(encoding="utf-8").splitlines()
    lines = lines[: round(len(lines) * scenario.until) : scenario.every]
    table = csv.DictReader([header, *lines], delimiter=scenario.separator)
    rows: list[Row] = []
    truths: list[str | float] = []
    for cells in table:
        rows.append({name: _MADE[one.type](cells[name]) for name, one in spec.features.items()})
        truth = cells[spec.target]
        truths.append(float(truth) if spec.task is Task.REGRESSION else truth)
    return History(header, lines, rows, truths, whole=round(len(lines) / scenario.until))
