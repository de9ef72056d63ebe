"""Chooses among the columns a model sees, by what each adds to a model that saw them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perennial.features.schema import FeatureSchema
from perennial.spec.engineering import Selection, SelectionMethod
from perennial.training.algorithms import fit
from perennial.training.data import Labels, TrainingData
from perennial.training.estimator import Fitted, Progress, Scores
from perennial.training.split import VALIDATION

Floats = npt.NDArray[np.float64]
_MOST_ROWS = 5_000  # of the validation part that are asked about
_REPEATS = 3  # shuffles of each column
_LEAST = 1e-15  # probability a logarithm is taken of


@dataclass(frozen=True, slots=True)
class Judged:
    """A column, and why the model sees it or does not."""

    column: str
    kept: bool
    importance: float  # share of all
    reason: str

    def to_json(self) -> dict[str, Any]:
        """The entry of `selection` in `training.json`."""
        return {
            "column": self.column,
            "kept": self.kept,
            "importance": self.importance,
            "reason": self.reason,
        }


def selected(
    data: TrainingData, *, seed: int, threads: int, progress: Progress
) -> tuple[TrainingData, list[Judged]]:
    """The data with the columns that are kept, and why; as it is where the spec asks for nothing.

    Args:
        data: with all columns; a first model is fitted on them.
        seed: of that model, and of the shuffles.
        threads: to fit with.
        progress: is told how many are kept.

    Raises:
        TrainingFailed: the first model cannot be fitted.
    """
    asked = data.dataset.spec.engineering.selection
    if asked is None:
        return data, []
    fitted = fit(data, seed=seed, threads=threads, progress=progress)
    by_importance = asked.method is SelectionMethod.IMPORTANCE
    found = fitted.importances() if by_importance else permuted(data, fitted, seed)
    judged = judge(data.encoder.columns, found, asked)
    kept = [one.column for one in judged if one.kept]
    progress("columns selected", kept=len(kept), left_out=len(judged) - len(kept))
    return (data.keeping(kept) if len(kept) < len(judged) else data), judged


def judge(
    columns: tuple[FeatureSchema, ...], importances: Floats, asked: Selection
) -> list[Judged]:
    """Judge each column, in the model's order.

    Args:
        columns: what the model sees.
        importances: of each; what is below 0 counts for nothing.
        asked: the spec's.
    """
    gains = np.maximum(np.nan_to_num(importances), 0.0)
    shares = gains / (float(gains.sum()) or 1.0)
    order = np.argsort(-shares, kind="stable")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    before = np.empty(len(order))
    before[order] = np.cumsum(shares[order]) - shares[order]
    return [
        _judged(column, float(shares[place]), int(ranks[place]), float(before[place]), asked)
        for place, column in enumerate(columns)
    ]


def _judged(
    column: FeatureSchema, share: float, rank: int, before: float, asked: Selection
) -> Judged:
    kept, reason = _verdict(share, rank, before, asked)
    if not kept and ({column.name, *column.sources} & set(asked.protected)):
        kept, reason = True, f"protected; else left out: {reason}"
    elif not kept and rank == 1:
        kept, reason = True, f"the most important one; else left out: {reason}"
    return Judged(column.name, kept, share, reason)


def _verdict(share: float, rank: int, before: float, asked: Selection) -> tuple[bool, str]:
    """Whether a column is kept on its merits, and the reason."""
    if asked.keep is not None:
        kept = rank <= asked.keep
        return kept, f"rank {rank}; the first {asked.keep} are kept"
    if asked.at_least is not None:
        kept = share >= asked.at_least
        told = "reaches" if kept else "is below"
        return kept, f"{share:.2%} of the importance {told} {asked.at_least:.2%}"
    wanted = asked.cumulative or 1.0
    # What adds nothing at all is not needed to reach any share.
    kept = before < wanted - 1e-12 and share > 0
    told = "do not reach" if kept else "reach"
    return kept, f"the more important ones have {before:.2%} and {told} {wanted:.2%}"


def permuted(data: TrainingData, fitted: Fitted, seed: int) -> Floats:
    """How much the loss grows when a column's values change places, [columns].

    Breiman (2001), "Random forests", section 10, on rows of the validation part; log loss of
    classes, squared error of numbers.
    """
    draw = np.random.Generator(np.random.PCG64(seed))
    codes, truth = data.matrix(VALIDATION), data.labels(VALIDATION)
    some = np.sort(draw.permutation(len(codes))[:_MOST_ROWS])
    codes, truth = codes[some], truth[some]
    classes = data.target.classes is not None
    usual = _loss(fitted.predict(codes), truth, classes=classes)
    found = np.zeros(codes.shape[1])
    for place in range(codes.shape[1]):
        for _ in range(_REPEATS):
            shuffled = codes.copy()
            shuffled[:, place] = draw.permutation(codes[:, place])
            loss = _loss(fitted.predict(shuffled), truth, classes=classes)
            found[place] += (loss - usual) / _REPEATS
    return found


def _loss(scores: Scores, truth: Labels, *, classes: bool) -> float:
    if not classes:
        return float(np.square(scores[:, 0] - truth).mean())
    likely = scores[np.arange(len(truth)), truth.astype(np.int64)]
    return float(-np.log(np.maximum(likely, _LEAST)).mean())
