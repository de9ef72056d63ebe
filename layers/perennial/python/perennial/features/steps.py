"""What is made of the features before a model sees them, as `artifact.json` states it.

A step reads columns and makes others; what training learned for it (means, edges, tables) is in it.
`perennial.features.by_row` and `perennial.features.by_column` carry steps out, to the same bits.
Standard library only.
"""

from __future__ import annotations

from perennial.features.schema import BOOLEAN, NUMBER, TEXT, ColumnSchema, FeatureSchema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

ONE_HOT = "one_hot"
LOOKUP = "lookup"  # numbers by category: ordinal and target encoding
SCALE = "scale"
LOG = "log"
BIN = "bin"
DATE = "date"
RATIO = "ratio"
DIFFERENCE = "difference"
PRODUCT = "product"
WORDS = "text"
REDUCE = "reduce"
KINDS = (ONE_HOT, LOOKUP, SCALE, LOG, BIN, DATE, RATIO, DIFFERENCE, PRODUCT, WORDS, REDUCE)


class Step:
    """One fitted step.

    Attributes:
        kind: one of `KINDS`.
        inputs: names of features, or of what earlier steps made.
        outputs: names of what it makes.
        learned: what carrying it out takes, as JSON; keyword arguments of the kind's function.
    """

    __slots__ = ("inputs", "kind", "learned", "outputs")

    def __init__(
        self,
        kind: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        learned: Mapping[str, Any] | None = None,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"no such step: {kind}")
        self.kind = kind
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.learned = dict(learned or {})

    def to_json(self) -> dict[str, object]:
        """The entry of `engineering.steps` in `artifact.json`."""
        inputs, outputs = list(self.inputs), list(self.outputs)
        return {"kind": self.kind, "inputs": inputs, "outputs": outputs, "learned": self.learned}


class Recipe:
    """How a model's columns are made.

    Attributes:
        steps: in the order they are carried out.
        columns: names of what the model sees, in its order.
    """

    __slots__ = ("columns", "steps")

    def __init__(self, steps: Sequence[Step], columns: Sequence[str]) -> None:
        if not columns or len(set(columns)) < len(columns):
            raise ValueError("a model sees at least one column, and none of them twice")
        self.steps = tuple(steps)
        self.columns = tuple(columns)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Recipe:
        """The member `engineering` of `artifact.json`.

        Raises:
            KeyError, TypeError, ValueError: it is damaged.
        """
        return cls([Step(**step) for step in document["steps"]], document["columns"])

    def to_json(self) -> dict[str, object]:
        """The member `engineering` of `artifact.json`."""
        return {"steps": [one.to_json() for one in self.steps], "columns": list(self.columns)}

    def keeping(self, columns: Collection[str]) -> Recipe:
        """The same for some of the columns, without the steps that nothing needs any more."""
        kept = [name for name in self.columns if name in columns]
        needed, steps = set(kept), []
        for step in reversed(self.steps):
            if needed.intersection(step.outputs):
                steps.append(step)
                needed.update(step.inputs)
        return Recipe(steps[::-1], kept)


def schemas(features: Sequence[FeatureSchema], recipe: Recipe) -> tuple[FeatureSchema, ...]:
    """What a model sees, column by column, and which features each is made of.

    Raises:
        KeyError: a step reads what is not there.
        ValueError: two columns have one name, or a model would see a text.
    """
    known: dict[str, FeatureSchema] = {one.name: one for one in features}
    for step in recipe.steps:
        sources = dict.fromkeys(s for name in step.inputs for s in known[name].sources)
        kind = BOOLEAN if step.kind == ONE_HOT else NUMBER
        for place, name in enumerate(step.outputs):
            if name in known:
                raise ValueError(f"two columns have the name {name}")
            # Only one of the inputs of a scaling is behind each of its outputs.
            own = known[step.inputs[place]].sources if step.kind == SCALE else tuple(sources)
            known[name] = ColumnSchema(name, kind, own)
    columns = tuple(known[name] for name in recipe.columns)
    if any(column.type == TEXT for column in columns):
        raise ValueError("a text is no column that a model could see")
    return columns
