"""What every estimator gives once it is fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from perennial.features.columnar import Matrix

Scores = npt.NDArray[np.float64]  # [rows, classes] probabilities, or [rows, 1] estimates
Parameters = Mapping[str, bool | int | float | str]
Progress = Callable[..., None]  # progress("message", field=value, ...)


@dataclass(frozen=True, slots=True)
class Exported:
    """The form that serves: `engine` of the manifest, and the artifact's entries."""

    engine: dict[str, Any]
    entries: dict[str, bytes] = field(default_factory=dict)


class Fitted(Protocol):
    """A fitted estimator."""

    parameters: dict[str, Any]  # as used, defaults included
    best_iteration: int | None  # rounds that are kept, counted from 1; None without rounds
    learning_curve: list[dict[str, float]]  # round, train, validation (loss)
    exact: bool  # whether the exported form must give the same bits

    def refitted(self) -> Fitted:
        """The same fitted anew, with as many rounds, on training and validation part together."""
        ...

    def predict(self, codes: Matrix) -> Scores:
        """The estimator's own answer, [rows, outputs]."""
        ...

    def importances(self) -> npt.NDArray[np.float64]:
        """Importance of each feature, in the encoder's order; on any scale."""
        ...

    def export(self) -> Exported:
        """The form that serves."""
        ...
