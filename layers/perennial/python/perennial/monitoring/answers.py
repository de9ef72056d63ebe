"""The predictions of all versions whose truth came in during a window, and how wrong they were."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perennial.evaluation.measure import Floats, Integers
from perennial.monitoring.concept import losses
from perennial.monitoring.labelled import Kept, outcome_of, times_of, usable
from perennial.spec import ModelSpec

ROWS = 250_000  # of a version that its metrics are computed on, at most
PAIRED_ROWS = 20_000  # of the version in service that the one before is asked about, at most
COLUMNS = ("predicted_at", "received_at", "version", "prediction", "probabilities", "outcome")


@dataclass(slots=True)
class Answers:
    """What is gathered of joined predictions and outcomes.

    Attributes:
        spec: of the model.
        champion: number of the version in service.
        usual: mean absolute error of its holdout, for the losses of a regression.
        fed_until: outcomes received before went through the sequential detector already.
        asked: whether the version before is to be asked about the champion's rows.
        rows: some of each version's.
        outcomes: how many each version has.
        paired: some of the champion's rows, with their features.
        unusable: without an answer that metrics can be computed on.
    """

    spec: ModelSpec
    champion: int
    usual: float = 1.0
    fed_until: datetime | None = None
    asked: bool = False
    rows: dict[int, Kept] = field(default_factory=dict)
    outcomes: dict[int, int] = field(default_factory=dict)
    paired: Kept = field(default_factory=lambda: Kept(PAIRED_ROWS))
    unusable: int = 0
    _times: list[Integers] = field(default_factory=list)
    _losses: list[Floats] = field(default_factory=list)

    def add(self, table: pa.Table) -> None:
        """Take joined rows in: `COLUMNS`, and `features` where they are captured."""
        fit = usable(self.spec, table)
        self.unusable += table.num_rows - fit.num_rows
        for number in pc.unique(fit["version"]).to_pylist():
            self._add(number, fit.filter(pc.equal(fit["version"], number)))

    def stream(self) -> tuple[Integers, Floats]:
        """Times and losses of the champion's rows that are new to the detector."""
        if not self._times:
            return np.empty(0, np.int64), np.empty(0)
        return np.concatenate(self._times), np.concatenate(self._losses)

    def _add(self, version: int, rows: pa.Table) -> None:
        self.outcomes[version] = self.outcomes.get(version, 0) + rows.num_rows
        wanted = ["predicted_at", "prediction", "probabilities", "outcome"]
        wanted += ["features"] if self._sliced and "features" in rows.column_names else []
        self.rows.setdefault(version, Kept(ROWS)).add(rows.select(wanted))
        if version != self.champion:
            return
        if self.asked:
            self.paired.add(rows)
        new = rows
        if self.fed_until is not None:
            since = pa.scalar(self.fed_until, rows["received_at"].type)
            new = rows.filter(pc.greater_equal(rows["received_at"], since))
        if new.num_rows:
            self._times.append(times_of(new))
            self._losses.append(losses(outcome_of(self.spec, new, None), self.usual))

    @property
    def features(self) -> tuple[str, ...] | None:
        """The features to read: those of slices, or None for all that are captured."""
        return None if self.asked else self.spec.monitoring.performance.slices

    @property
    def _sliced(self) -> bool:
        return bool(self.spec.monitoring.performance.slices)
