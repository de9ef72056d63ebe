"""Cross-validation: training and validation part together, divided anew for each fold.

In each fold the rows that are judged take the place of the validation part, so an estimator that
stops early stops by them. The holdout is in no fold.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perennial.errors import TrainingFailed
from perennial.spec.tuning import CrossValidation, FoldMethod
from perennial.training.data import TrainingData
from perennial.training.split import HOLDOUT, TRAIN, VALIDATION, Parts

UNUSED = 3  # of a row that one fold leaves out; no part is called so
Integers = npt.NDArray[np.int64]


def folds_of(data: TrainingData, asked: CrossValidation, seed: int) -> list[TrainingData]:
    """The data once for each fold; what is learned of rows is learned of the fold's own.

    Raises:
        TrainingFailed: there are too few rows, groups or rows of a class.
    """
    rows = np.flatnonzero(data.parts != HOLDOUT)
    if len(rows) < 2 * asked.folds:
        raise TrainingFailed(f"cross_validation: {len(rows)} rows do not make {asked.folds} folds")
    if asked.method is FoldMethod.TIME:
        divided = _by_time(data, rows, asked.folds)
    else:
        fold = _fold_of(data, rows, asked, seed)
        divided = [_parts(data, rows, fold == number) for number in range(asked.folds)]
    return [_fold(data, parts, number) for number, parts in enumerate(divided, 1)]


def _fold(data: TrainingData, parts: Parts, number: int) -> TrainingData:
    try:
        return TrainingData(data.dataset, data.target, parts)
    except TrainingFailed as error:
        raise TrainingFailed(f"cross_validation, fold {number}: {error}") from error


def _parts(data: TrainingData, rows: Integers, judged: npt.NDArray[np.bool_]) -> Parts:
    parts = data.parts.copy()
    parts[rows] = np.where(judged, VALIDATION, TRAIN)
    return parts


def _fold_of(
    data: TrainingData, rows: Integers, asked: CrossValidation, seed: int
) -> npt.NDArray[np.int64]:
    """The fold each row is judged in, [rows]."""
    random = np.random.Generator(np.random.PCG64(seed))
    if asked.group_column is not None:
        return _by_group(_groups(data, asked.group_column)[rows], asked.folds, random)
    order = random.permutation(len(rows))
    if asked.method is FoldMethod.STRATIFIED and data.target.codes is not None:
        order = order[np.argsort(data.target.codes[rows][order], kind="stable")]
    fold = np.empty(len(rows), dtype=np.int64)
    # Dealt out like cards: rows of one class stand together, and go to every fold alike.
    fold[order] = np.arange(len(rows)) % asked.folds
    return fold


def _groups(data: TrainingData, column: str) -> Integers:
    """A number for each row's group; rows without one are a group together."""
    values = data.dataset.column(column).combine_chunks()
    coded = values.dictionary_encode(null_encoding="encode")
    return np.asarray(coded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _by_group(groups: Integers, folds: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Whole groups to the fold that has the fewest rows so far, the largest groups first."""
    _, groups, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < folds:
        raise TrainingFailed(f"cross_validation: {len(sizes)} groups do not make {folds} folds")
    order = random.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold_of_group, filled = np.empty(len(sizes), dtype=np.int64), np.zeros(folds)
    for group in order:
        fold_of_group[group] = int(np.argmin(filled))
        filled[fold_of_group[group]] += sizes[group]
    found: npt.NDArray[np.int64] = fold_of_group[groups.ravel()]
    return found


def _by_time(data: TrainingData, rows: Integers, folds: int) -> list[Parts]:
    """Each fold is judged on rows later than all it is fitted on; those later still are left out.

    The oldest rows are only ever fitted on: as many as a fold has.
    """
    times = data.dataset.times()
    order = np.arange(len(rows)) if times is None else np.argsort(times[rows], kind="stable")
    blocks = np.array_split(rows[order], folds + 1)
    divided = []
    for number in range(1, folds + 1):
        parts = data.parts.copy()
        parts[rows] = UNUSED
        parts[np.concatenate(blocks[:number])] = TRAIN
        parts[blocks[number]] = VALIDATION
        divided.append(parts)
    return divided
