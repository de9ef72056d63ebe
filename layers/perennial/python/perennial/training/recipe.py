"""Learns the steps of a spec from the training part: what a model sees of its features."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perennial.errors import TrainingFailed
from perennial.features.by_column import Values, derived
from perennial.features.columnar import Matrix, read_column
from perennial.features.encoder import Encoder
from perennial.features.engineered import EngineeredEncoder
from perennial.features.schema import TEXT, FeatureSchema
from perennial.features.steps import Recipe
from perennial.features.steps import Step as Fitted
from perennial.spec.derived import MOST_COLUMNS, numbered
from perennial.spec.engineering import Engineering
from perennial.spec.steps import AnyStep, OneHot
from perennial.spec.steps import Target as TargetStep
from perennial.training.dataset import Dataset, Target
from perennial.training.learned_steps import learned
from perennial.training.split import TRAIN, Marked, Parts, rows_of
from perennial.training.target_encoding import Encoded, encoded_target


@dataclass(frozen=True, slots=True)
class Engineered:
    """What encodes rows, and what stands in for it on the rows it was learned from.

    Attributes:
        encoder: of the model.
        out_of_fold: by column, codes of the training rows in file order: what was learned from the
            target must not be told to the very rows it was learned from.
    """

    encoder: Encoder
    out_of_fold: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)

    def hide(self, codes: Matrix, encoder: Encoder, training: Marked, before: int) -> None:
        """Put the codes that know nothing of a row's own target into a batch of codes.

        Args:
            codes: of the batch, [rows, columns]; they are changed.
            encoder: that made them: this one, or one of fewer columns.
            training: which of the rows are training rows.
            before: training rows before the batch.
        """
        rows = int(np.count_nonzero(training))
        for place, column in enumerate(encoder.columns):
            if column.name in self.out_of_fold:
                known = self.out_of_fold[column.name][before : before + rows]
                codes[training, place] = known


def engineered(dataset: Dataset, target: Target, parts: Parts) -> Engineered:
    """How the rows of a dataset are encoded, learned from its training part alone.

    Raises:
        TrainingFailed: the data does not fit the steps.
    """
    asked, features = dataset.spec.engineering, dataset.features()
    if not asked.asked:
        return Engineered(Encoder(features))
    known = _Known(dataset, features, parts)
    out_of_fold: dict[str, npt.NDArray[np.float64]] = {}
    for step in asked.steps:
        if isinstance(step, TargetStep):
            found = _of_target(step, known, target)
            known.take(found.step)
            out_of_fold |= found.out_of_fold
        else:
            known.take(_learned(step, known))
    columns = _seen(known, asked)
    recipe = Recipe(known.steps, columns).keeping(columns)
    return Engineered(EngineeredEncoder(features, recipe), out_of_fold)


class _Known:
    """The training rows' columns by name, read or made when they are asked for."""

    def __init__(self, dataset: Dataset, features: tuple[FeatureSchema, ...], parts: Parts) -> None:
        self.dataset = dataset
        self.rows = rows_of(parts, TRAIN)
        self.features = {one.name: one for one in features}
        self.steps: list[Fitted] = []
        self._values: dict[str, Values] = {}

    @property
    def made(self) -> list[str]:
        """Names of what the steps make."""
        return [name for step in self.steps for name in step.outputs]

    def take(self, step: Fitted) -> None:
        """Remember a step that has been learned.

        Raises:
            TrainingFailed: a name is taken, as a category's may be, or there are too many.
        """
        taken = {*self.features, *self.made} & {*step.outputs}
        if taken or len(set(step.outputs)) < len(step.outputs):
            named = min(taken or set(step.outputs))
            raise TrainingFailed(f"engineering: two columns have the name {named!r}")
        self.steps.append(step)
        if len(self.made) > MOST_COLUMNS:
            raise TrainingFailed(
                f"engineering: {step.kind} of {', '.join(step.inputs)} brings the columns to over "
                f"{MOST_COLUMNS}; encode it in another way"
            )

    def values(self, name: str) -> Values:
        """A column of the training rows."""
        if name not in self._values:
            feature = self.features.get(name)
            self._values[name] = self._read(feature) if feature else self._derived(name)
        return self._values[name]

    def _read(self, feature: FeatureSchema) -> Values:
        column = self.dataset.column(feature.name)
        if feature.type == TEXT:
            return read_column(column.filter(pa.array(self.rows)), feature)
        return read_column(column, feature)[self.rows]

    def _derived(self, name: str) -> Values:
        step = next(one for one in self.steps if name in one.outputs)
        made = derived([self.values(one) for one in step.inputs], step)
        return made[step.outputs.index(name)]


def _learned(step: AnyStep, known: _Known) -> Fitted:
    values = [known.values(name) for name in step.reads]
    made = learned(step, values, known.features.get(step.reads[0]))
    if isinstance(step, OneHot) and step.column in known.dataset.spec.sensitive:
        labels = known.features[step.column].categories or ()
        made.outputs = step.made_of(numbered(labels), missing=len(made.outputs) > len(labels))
    return made


def _of_target(step: TargetStep, known: _Known, target: Target) -> Encoded:
    spec, classes = known.dataset.spec, target.classes
    if classes is not None and spec.target in spec.sensitive:
        classes = numbered(classes)
    return encoded_target(
        step,
        known.values(step.column),
        len(known.features[step.column].categories or ()),
        Target(classes, target.values[known.rows]),
        seed=spec.split.seed,
    )


def _seen(known: _Known, asked: Engineering) -> list[str]:
    """What the model sees: features and what is made of them, but for texts and what is dropped.

    Raises:
        TrainingFailed: there is nothing to drop or protect of a name, or nothing is left.
    """
    names = [name for name, one in known.features.items() if one.type != TEXT] + known.made
    protected = asked.selection.protected if asked.selection else ()
    for what, named in (("drop", asked.drop), ("protect", protected)):
        strange = [name for name in named if name not in {*names, *known.features}]
        if strange:
            raise TrainingFailed(f"engineering: no column to {what} is called {strange[0]!r}")
    kept = [name for name in names if name not in asked.drop]
    if not kept:
        raise TrainingFailed("engineering: nothing is left for the model to see")
    return kept
