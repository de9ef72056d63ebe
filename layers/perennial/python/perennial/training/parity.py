"""Holds the exported form to the estimator it came from, on every held-out row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perennial.errors import ExportMismatch
from perennial.features.columnar import Matrix
from perennial.serving.engine import Engine
from perennial.training.estimator import Fitted, Scores

RELATIVE = 1e-6  # allowed to estimators whose sums are taken in another order
# An answer this small beside the largest one is not held to more digits than a double of that size
# has: a sum may cancel to nearly nothing, and a probability may be what another leaves of 1.
_FLOOR = 1e-9


@dataclass
class Parity:
    """What was compared so far."""

    rows: int = 0
    largest: float = 0.0  # relative difference

    def compare(self, codes: Matrix, fitted: Fitted, engine: Engine) -> Scores:
        """Compare some more rows; the estimator's scores of them.

        Raises:
            ExportMismatch: the engine says something else than the estimator.
        """
        theirs = fitted.predict(codes)
        codes = np.ascontiguousarray(codes)
        found = engine.scores(codes.ctypes.data, len(codes))
        ours = np.asarray(found, dtype=np.float64).reshape(theirs.shape)
        scale = np.maximum(np.abs(theirs), np.abs(ours))
        floor = _FLOOR * max(float(scale.max(initial=0.0)), 1e-300)
        with np.errstate(invalid="ignore"):  # two infinities are alike, and have no difference
            relative = np.abs(theirs - ours) / np.maximum(scale, floor)
        relative[theirs == ours] = 0.0
        self.rows += len(codes)
        self.largest = max(self.largest, float(relative.max(initial=0.0)))
        # A NaN on either side fails both comparisons.
        same = np.array_equal(theirs, ours) if fitted.exact else bool((relative <= RELATIVE).all())
        if not same:
            raise ExportMismatch(
                f"the exported model differs from the estimator by up to {self.largest:.3g} "
                f"(relative) within {self.rows} rows; nothing was registered"
            )
        return theirs
